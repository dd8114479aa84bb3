// The proof of one film goes on beside the encode of the next, and never two encodes where one is
// allowed.
#include <algorithm>

#include "e2e/library.h"

namespace av1d::test {

TEST_CASE("the next film is encoded while the last one is proven", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path log = library.home() / "log.txt";
  // The first program that reads an output waits until another encode has begun, or in vain.
  library.config.ffmpeg_path =
      library.script("ffmpeg", "log='" + log.string() + "'\n" +
                                   "begun() { grep -c begin \"$log\"; }\n"
                                   "case \" $* \" in\n"
                                   "*libsvtav1*)\n"
                                   "  echo begin >>\"$log\"; @ffmpeg@ \"$@\"; status=$?\n"
                                   "  echo end >>\"$log\"; exit $status;;\n"
                                   "*'" +
                                   library.config.temp_output_dir.string() +
                                   "'*)\n"
                                   "  if mkdir \"$log.first\" 2>/dev/null; then\n"
                                   "    tries=0\n"
                                   "    while [ \"$(begun)\" -lt 2 ] && [ $tries -lt 600 ]; do\n"
                                   "      sleep 0.1; tries=$((tries + 1))\n"
                                   "    done\n"
                                   "    echo \"proof beside $(begun)\" >>\"$log\"\n"
                                   "  fi;;\n"
                                   "esac\n"
                                   "exec @ffmpeg@ \"$@\"\n");
  const Words names = {"one.mkv", "three.mkv", "two.mkv"};
  for (const auto& name : names) library.add(name, short_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  INFO(read_file(log));
  CHECK(pass.status == 0);
  for (const auto& name : names) CHECK(library.verdict(library / name) == "success");
  Words lines = lines_of(read_file(log));
  CHECK(std::count(lines.begin(), lines.end(), "proof beside 2") == 1);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("proof"); });
  CHECK(lines == Words{"begin", "end", "begin", "end", "begin", "end"});
  CHECK(library.leftovers() == Words{});
}

}  // namespace av1d::test
