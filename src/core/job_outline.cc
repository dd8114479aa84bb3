// A job file without the lists that memory does not keep, for reading a hundred thousand of them:
// making a tree of their strings would cost more than all the rest. A SAX parser that checks the
// whole text builds what is left.
#include <algorithm>
#include <array>

#include "job_details.h"
#include "job_shape.h"

namespace av1d {

namespace {

using nlohmann::json;

// Builds a document but for the details. A function that says false ends the parser.
class OutlineBuilder : public nlohmann::json_sax<json> {
 public:
  json document;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return in_details_ || add(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override {
    if (in_details_) return false;
    in_details_ = is_detail();
    return in_details_ || open(json::array());
  }
  bool end_array() override {
    if (!in_details_) return close();
    in_details_ = false;
    return true;
  }
  bool key(std::string& name) override {
    keys_[open_.size() == 1 ? 0 : 1] = name;
    slot_ = open_.size() <= 2 && is_detail() ? nullptr : &(*open_.back())[std::move(name)];
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

 private:
  // The place of a list that move_details() takes out; keys_ names it.
  bool is_detail() const {
    static constexpr std::array<std::array<std::string_view, 2>, 3> kInner = {
        {{"media", "streams"}, {"plan", "reasons"}, {"plan", "argv"}}};
    if (open_.size() == 1) return keys_[0] == "log_tail";
    return open_.size() == 2 && std::any_of(kInner.begin(), kInner.end(), [&](const auto& place) {
             return place[0] == keys_[0] && place[1] == keys_[1];
           });
  }

  json* place(json value) {
    if (open_.empty()) return &(document = std::move(value));
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return slot_ == nullptr ? nullptr : &(*slot_ = std::move(value));
  }
  bool add(json value) { return !in_details_ && place(std::move(value)) != nullptr; }
  bool open(json empty) {
    if (in_details_ || open_.size() >= kMaxDepth) return false;
    json* const here = place(std::move(empty));
    if (here != nullptr) open_.push_back(here);
    return here != nullptr;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  static constexpr std::size_t kMaxDepth = 32;
  std::vector<json*> open_;          // from the document to where we are
  std::array<std::string, 2> keys_;  // the last ones at depth 1 and below
  json* slot_ = nullptr;             // of the key that was read; nullptr: of a detail
  bool in_details_ = false;
};

}  // namespace

Result<Job> parse_job_outline(std::string_view text) {
  OutlineBuilder builder;
  try {
    if (!json::sax_parse(text.begin(), text.end(), &builder)) return fail("not a plain job");
  } catch (const json::exception&) {
    return fail("not JSON: a number is out of range");
  }
  return job_of(builder.document);
}

}  // namespace av1d
