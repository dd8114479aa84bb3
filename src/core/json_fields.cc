// What the two visitors share, and the way from text to a document; see json_fields.h.
#include "json_fields.h"

namespace av1d {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxJobBytes = std::size_t{4} << 20U;
constexpr int kMaxJobDepth = 32;

}  // namespace

bool is_json_text(const std::string& text) {
  // Every string of ASCII is: no need to ask dump(), which costs a copy of it.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return true;
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

std::string readable(const std::string& text) {
  return is_json_text(text) ? text : printable(text);
}

Result<json> parse_document(std::string_view text) {
  if (text.size() > kMaxJobBytes) return fail("not a job: larger than 4 MiB");
  bool too_deep = false;
  const auto keep = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kMaxJobDepth;
    return !too_deep;
  };
  try {
    json document = json::parse(text.begin(), text.end(), keep);
    if (too_deep) return fail("not a job: nested too deeply");
    return document;
  } catch (const json::parse_error& error) {
    return fail(fmt::format("not JSON: mistake at byte {}", error.byte));
  } catch (const json::exception&) {
    return fail("not JSON: a number is out of range");
  }
}

Status check_schema(const json& document) {
  if (!document.is_object()) return fail("not a job: must be an object");
  const auto at = document.find("schema");
  if (at == document.end()) return fail("/schema: missing");
  if (!at->is_number_unsigned() || at->get<std::uint64_t>() == 0) {
    return fail("/schema: must be a positive whole number");
  }
  const auto schema = at->get<std::uint64_t>();
  if (schema <= kJobSchema) return {};
  return fail(fmt::format("/schema: {} is newer than this program ({})", schema, kJobSchema));
}

}  // namespace av1d
