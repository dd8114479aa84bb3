// The shape of a job file (job_shape.h) walked through by two more visitors: numbers as LEB128
// (DWARF 5, section 7.6), texts behind their length, and paths as what they share with the first
// one, since source, output and result of a job mostly have one name.
#include "packed_job.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "job_shape.h"

namespace av1d {

namespace {

class Packer {
 public:
  template <class... Rest>
  void text(const char*, const std::string& value, Rest...) {
    number(value.size());
    out_ += value;
  }
  void text_or_null(const char* key, const std::string& value) { text(key, value); }
  template <class... Rest>
  void path(const char* key, const fs::path& value, Rest...) {
    const std::string& bytes = value.native();
    const auto differ =
        std::mismatch(bytes.begin(), bytes.end(), first_path_.begin(), first_path_.end()).first;
    number(static_cast<std::uint64_t>(differ - bytes.begin()));
    text(key, std::string(differ, bytes.end()));
    if (first_path_.empty()) first_path_ = bytes;
  }
  template <class T, class... Rest>
  void whole(const char*, T value, Rest...) {
    if constexpr (std::is_signed_v<T>) return zigzag(value);
    number(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void whole(const char* key, const std::optional<T>& value) {
    maybe(key, value, [key](Packer& to, T known) { to.whole(key, known); });
  }
  void real(const char*, double value) {
    std::array<char, sizeof value> bytes{};
    std::memcpy(bytes.data(), &value, bytes.size());
    out_.append(bytes.data(), bytes.size());
  }
  void real(const char* key, const std::optional<double>& value) {
    maybe(key, value, [key](Packer& to, double known) { to.real(key, known); });
  }
  template <class... Rest>
  void truth(const char*, bool value, Rest...) {
    number(value ? 1 : 0);
  }
  template <class... Rest>
  void time(const char*, Time value, Rest...) {
    zigzag(value.time_since_epoch().count());
  }
  void time(const char* key, const std::optional<Time>& value) {
    maybe(key, value, [key](Packer& to, Time known) { to.time(key, known); });
  }
  template <class T, class... Rest>
  void word(const char*, T value, Rest...) {
    number(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void word(const char* key, const std::optional<T>& value) {
    maybe(key, value, [key](Packer& to, T known) { to.word(key, known); });
  }
  void lines(const char* key, const std::vector<std::string>& values) {
    number(values.size());
    for (const auto& value : values) text(key, value);
  }
  void words(const char* key, const std::vector<std::string>& values) { lines(key, values); }
  void reason(const std::optional<Reason>& value) {
    maybe("reason", value, [](Packer& to, const Reason& known) {
      to.word("reason_code", known.code);
      to.text("reason", known.text);
    });
  }
  void shown_class(const std::optional<Classification>&) {}
  template <class F>
  void object(const char*, Need, F&& members) {
    members(*this);
  }
  template <class T, class F>
  void maybe(const char* key, const std::optional<T>& value, F&& members) {
    truth(key, value.has_value());
    if (value) members(*this, *value);
  }
  template <class T, class F>
  void list(const char*, const std::vector<T>& values, F&& members) {
    number(values.size());
    for (const auto& value : values) members(*this, value);
  }

  std::string take() { return std::move(out_); }

 private:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>(value | 0x80U);
    out_ += static_cast<char>(value);
  }
  // Small numbers of either sign stay small.
  void zigzag(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(value < 0 ? ~(bits << 1U) : bits << 1U);
  }

  std::string out_;
  std::string first_path_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}

  template <class... Rest>
  void text(const char*, std::string& out, Rest...) {
    out = take(number());
  }
  void text_or_null(const char* key, std::string& out) { text(key, out); }
  template <class... Rest>
  void path(const char*, fs::path& out, Rest...) {
    std::string bytes(first_path_.substr(0, number()));
    bytes += take(number());
    if (first_path_.empty()) first_path_ = bytes;
    out = std::move(bytes);
  }
  template <class T, class... Rest>
  void whole(const char*, T& out, Rest...) {
    if constexpr (std::is_signed_v<T>) return static_cast<void>(out = static_cast<T>(zigzag()));
    out = static_cast<T>(number());
  }
  template <class T>
  void whole(const char* key, std::optional<T>& out) {
    maybe(key, out, [key](Unpacker& from, T& known) { from.whole(key, known); });
  }
  void real(const char*, double& out) {
    const std::string_view bytes = take(sizeof out);
    std::memcpy(&out, bytes.data(), bytes.size());
  }
  void real(const char* key, std::optional<double>& out) {
    maybe(key, out, [key](Unpacker& from, double& known) { from.real(key, known); });
  }
  template <class... Rest>
  void truth(const char*, bool& out, Rest...) {
    out = number() != 0;
  }
  template <class... Rest>
  void time(const char*, Time& out, Rest...) {
    out = Time(Time::duration(zigzag()));
  }
  void time(const char* key, std::optional<Time>& out) {
    maybe(key, out, [key](Unpacker& from, Time& known) { from.time(key, known); });
  }
  template <class T, class... Rest>
  void word(const char*, T& out, Rest...) {
    out = static_cast<T>(number());
  }
  template <class T>
  void word(const char* key, std::optional<T>& out) {
    maybe(key, out, [key](Unpacker& from, T& known) { from.word(key, known); });
  }
  void lines(const char* key, std::vector<std::string>& out) {
    out.resize(number());
    for (auto& line : out) text(key, line);
  }
  void words(const char* key, std::vector<std::string>& out) { lines(key, out); }
  void reason(std::optional<Reason>& out) {
    maybe("reason", out, [](Unpacker& from, Reason& known) {
      from.word("reason_code", known.code);
      from.text("reason", known.text);
    });
  }
  void shown_class(const std::optional<Classification>&) {}
  template <class F>
  void object(const char*, Need, F&& members) {
    members(*this);
  }
  template <class T, class F>
  void maybe(const char* key, std::optional<T>& out, F&& members) {
    bool is_there = false;
    truth(key, is_there);
    if (is_there) members(*this, out.emplace());
  }
  template <class T, class F>
  void list(const char*, std::vector<T>& out, F&& members) {
    out.resize(number());
    for (auto& value : out) members(*this, value);
  }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::int64_t zigzag() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value & 1U) != 0 ? ~(value >> 1U) : value >> 1U);
  }
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = in_.substr(0, bytes);
    in_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view in_;
  std::string first_path_;
};

}  // namespace

std::string pack_job(const Job& job) {
  Packer packer;
  describe_job(packer, job);
  return packer.take();
}

Job unpack_job(std::string_view packed) {
  Job job;
  Unpacker unpacker(packed);
  describe_job(unpacker, job);
  return job;
}

}  // namespace av1d
