// EBML elements held in memory, to be changed and written again: for the small elements at the head
// of a Matroska file, never for its clusters. Built on the reader of ebml.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ebml.h"

namespace av1d::ebml {

// An element with its data, or a master element with its children.
struct Node {
  std::uint32_t id = 0;
  std::string data;
  std::vector<Node> children;

  const Node* child(std::uint32_t child_id) const;
};

using IsMaster = bool (*)(std::uint32_t id);

// The element and all below it; checksums (CRC-32) and Void are left out, they are made anew.
// Nothing where it is damaged: cut off, filled with what is no element, nested too deeply, or
// larger than `most_bytes`. Reads the disk.
std::optional<Node> read_tree(Reader& file, const Element& element, IsMaster is_master,
                              std::size_t most_bytes);

// The element as bytes; `with_checksum` for the children of a segment, which muxers protect.
// Pure, as all below.
std::string to_bytes(const Node& node);
std::string to_bytes_with_checksum(const Node& node);

// A Void element of exactly `bytes` bytes, at least 2.
std::string void_of(std::uint64_t bytes);

Node unsigned_node(std::uint32_t id, std::uint64_t value);
// Of at most 8 bytes; 0 for an empty or a longer one.
std::uint64_t unsigned_of(const Node& node);

std::string id_bytes(std::uint32_t id);
// A size in exactly `width` bytes (1 to 8); nothing where it doesn't fit.
std::optional<std::string> size_bytes(std::uint64_t size, int width);

}  // namespace av1d::ebml
