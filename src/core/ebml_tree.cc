// EBML elements in memory; see ebml_tree.h.
#include "ebml_tree.h"

#include <algorithm>
#include <bit>

namespace av1d::ebml {

namespace {

constexpr std::uint32_t kCrc32 = 0xBF, kVoid = 0xEC;  // RFC 8794, 11.3
constexpr int kMostDepth = 32;
constexpr std::size_t kMostNodes = 100'000;

struct Budget {
  std::size_t bytes = 0;
  std::size_t nodes = kMostNodes;
};

std::optional<Node> read_node(Reader& file, const Element& element, IsMaster is_master, int depth,
                              Budget& budget) {
  if (element.cut || depth > kMostDepth || budget.nodes == 0) return std::nullopt;
  --budget.nodes;
  Node node{element.id, {}, {}};
  if (!is_master(element.id)) {
    if (element.size() > budget.bytes) return std::nullopt;
    budget.bytes -= static_cast<std::size_t>(element.size());
    auto data = file.data_of(element);
    if (!data) return std::nullopt;
    node.data = *std::move(data);
    return node;
  }
  for (std::uint64_t at = element.data; at < element.end;) {
    const auto child = file.element_at(at, element.end);
    if (!child) return std::nullopt;
    at = child->end;
    if (child->id == kCrc32 || child->id == kVoid) continue;
    auto inner = read_node(file, *child, is_master, depth + 1, budget);
    if (!inner) return std::nullopt;
    node.children.push_back(*std::move(inner));
  }
  return node;
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) {
    out += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xFFU);
  }
  return out;
}

std::string shortest_size(std::uint64_t size) {
  for (int width = 1; width < 8; ++width) {
    if (auto bytes = size_bytes(size, width)) return *std::move(bytes);
  }
  return size_bytes(size, 8).value_or(std::string());
}

std::string element_of(std::uint32_t id, const std::string& data) {
  return id_bytes(id) + shortest_size(data.size()) + data;
}

// ISO 3309, as RFC 8794 wants it: little-endian over all that follows it in its parent.
std::string crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  std::string out = big_endian(~crc, 4);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string content_of(const Node& node) {
  std::string content = node.data;
  for (const auto& child : node.children) content += to_bytes(child);
  return content;
}

}  // namespace

const Node* Node::child(std::uint32_t child_id) const {
  const auto it = std::find_if(children.begin(), children.end(),
                               [&](const Node& node) { return node.id == child_id; });
  return it == children.end() ? nullptr : &*it;
}

std::optional<Node> read_tree(Reader& file, const Element& element, IsMaster is_master,
                              std::size_t most_bytes) {
  Budget budget{most_bytes};
  return read_node(file, element, is_master, 0, budget);
}

std::string to_bytes(const Node& node) {
  return element_of(node.id, content_of(node));
}

std::string to_bytes_with_checksum(const Node& node) {
  const std::string content = content_of(node);
  return element_of(node.id, element_of(kCrc32, crc32_of(content)) + content);
}

std::string void_of(std::uint64_t bytes) {
  constexpr std::uint64_t kShort = 2 + 126;  // the longest whose size takes one byte
  const int width = bytes <= kShort ? 1 : 8;
  const std::uint64_t data = bytes - 1 - static_cast<std::uint64_t>(width);
  return id_bytes(kVoid) + size_bytes(data, width).value_or(std::string()) +
         std::string(static_cast<std::size_t>(data), '\0');
}

Node unsigned_node(std::uint32_t id, std::uint64_t value) {
  const int bytes = std::max(1, (64 - std::countl_zero(value) + 7) / 8);
  return {id, big_endian(value, bytes), {}};
}

std::uint64_t unsigned_of(const Node& node) {
  if (node.data.size() > 8) return 0;
  std::uint64_t value = 0;
  for (const char byte : node.data) value = (value << 8U) | static_cast<std::uint8_t>(byte);
  return value;
}

std::string id_bytes(std::uint32_t id) {
  return big_endian(id, (32 - std::countl_zero(id) + 7) / 8);
}

std::optional<std::string> size_bytes(std::uint64_t size, int width) {
  const std::uint64_t marker = std::uint64_t{1} << (7U * static_cast<unsigned>(width));
  if (size >= marker - 1) return std::nullopt;  // all ones mean "unknown"
  return big_endian(marker | size, width);
}

}  // namespace av1d::ebml
