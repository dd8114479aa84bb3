// The head of a job file, for those who read a hundred thousand of them: a SAX parser keeps the few
// values that are wanted and stops at the last of them, most of the file unread.
#include <set>

#include "job_shape.h"

namespace av1d {

namespace {

using nlohmann::json;

// Walks through a shape and notes the names of its values.
class NameCollector {
 public:
  std::set<std::string, std::less<>> names;

  void note(const char* key) { names.insert(key); }
  template <class... Rest>
  void text(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void text_or_null(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void path(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void whole(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void truth(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void time(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void word(const char* key, Rest&&...) {
    note(key);
  }
  template <class... Rest>
  void maybe(const char* key, Rest&&...) {
    note(key);
  }
  template <class T>
  void reason(const T&) {
    note("reason");
    note("reason_code");
  }
  template <class T>
  void shown_class(const T&) {}
};

const std::set<std::string, std::less<>>& wanted_names() {
  static const auto kNames = [] {
    NameCollector collector;
    const Job job;
    describe_head(collector, job);
    collector.note("schema");
    return collector.names;
  }();
  return kNames;
}

// Builds the wanted values of the top level and ends the parser when none is missing any more.
// A function that says false ends it.
class HeadBuilder : public nlohmann::json_sax<json> {
 public:
  json head = json::object();
  bool complete = false;
  std::optional<std::size_t> mistake_at;

  bool null() override { return take(nullptr); }
  bool boolean(bool value) override { return take(value); }
  bool number_integer(std::int64_t value) override { return take(value); }
  bool number_unsigned(std::uint64_t value) override { return take(value); }
  bool number_float(double value, const std::string&) override { return take(value); }
  bool string(std::string& value) override { return take(std::move(value)); }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(json::object()); }
  bool start_array(std::size_t) override { return enter(json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      is_wanted_ = is_name_of_head(name);
      key_ = std::move(name);
    } else if (depth_ == 2 && is_wanted_) {
      inner_key_ = std::move(name);
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    mistake_at = position;
    return false;
  }

 private:
  // The exact form of a path that is not UTF-8 comes right after the readable one.
  static bool is_name_of_head(std::string_view name) {
    return name == "source_path_base64" || wanted_names().contains(name);
  }

  bool take(json value) {
    if (!is_wanted_ || depth_ == 0) return depth_ > 0;
    if (depth_ == 1) {
      head[key_] = std::move(value);
      return !is_complete();
    }
    if (depth_ == 2 && head[key_].is_object()) head[key_][inner_key_] = std::move(value);
    return true;
  }
  bool enter(json empty) {
    if (depth_ == 0 && !empty.is_object()) return false;
    if (depth_ == 1 && is_wanted_) head[key_] = std::move(empty);
    return ++depth_ <= kMaxDepth;
  }
  bool leave() {
    --depth_;
    return depth_ != 1 || !is_complete();
  }
  bool is_complete() {
    const auto status = head.find("status");
    const bool shows_progress = status != head.end() && *status == "running";
    const std::size_t without = shows_progress || head.contains("progress") ? 0 : 1;
    const std::size_t exact_path = head.contains("source_path_base64") ? 1 : 0;
    complete = head.size() >= wanted_names().size() - without + exact_path;
    return complete;
  }

  static constexpr int kMaxDepth = 32;
  int depth_ = 0;
  bool is_wanted_ = false;
  std::string key_, inner_key_;
};

Result<json> parse_head(std::string_view text) {
  HeadBuilder builder;
  try {
    const bool whole = json::sax_parse(text.begin(), text.end(), &builder);
    if (whole || builder.complete) return std::move(builder.head);
  } catch (const json::exception&) {
    return fail("not JSON: a number is out of range");
  }
  if (builder.mistake_at)
    return fail(fmt::format("not JSON: mistake at byte {}", *builder.mistake_at));
  return fail("not a job");
}

}  // namespace

Result<Job> parse_job_head(std::string_view text) {
  const auto head = parse_head(text);
  if (!head) return std::unexpected(head.error());
  if (auto known = check_schema(*head); !known) return std::unexpected(known.error());
  Job job;
  std::string mistake;
  FieldReader reader(*head, "", mistake);
  describe_head(reader, job);
  if (!mistake.empty()) return fail(std::move(mistake));
  if (!is_job_id(job.id)) return fail("/id: must be 32 hexadecimal digits");
  return job;
}

}  // namespace av1d
