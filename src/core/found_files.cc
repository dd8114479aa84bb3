// Files by directory, each of which stays where it was put down; see FoundFiles in scan.h.
#include <algorithm>
#include <iterator>
#include <utility>

#include "av1d/scan.h"
#include "scan_paths.h"

namespace av1d {

void FoundFiles::add(Directory directory, const std::vector<File>& files) {
  if (files.empty()) return;
  auto block = std::make_unique<Block>();
  block->directory = std::move(directory);
  block->files = files;
  block->first = size_;
  std::size_t names = 0;
  for (const File& file : files) names += file.name.size();
  block->names.reserve(names);
  for (File& file : block->files) {
    const std::size_t at = block->names.size();
    block->names += file.name;
    file.name = std::string_view(block->names).substr(at);
  }
  size_ += files.size();
  blocks_.push_back(std::move(block));
}

Candidate FoundFiles::operator[](std::size_t index) const {
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), index,
                       [](std::size_t wanted, const auto& block) { return wanted < block->first; });
  const Block& block = **std::prev(after);
  const Directory& directory = block.directory;
  const File& file = block.files[index - block.first];
  Candidate candidate;
  std::string path = join_path(directory.path, file.name);
  candidate.root = directory.root;
  candidate.stamp = file.stamp;
  candidate.marker =
      file.is_marked ? fs::path(path + std::string(kMarkerSuffix)) : directory.marker;
  candidate.disc_structure = directory.disc_structure;
  candidate.has_sidecar = file.has_sidecar;
  candidate.path = std::move(path);
  return candidate;
}

void FoundFiles::append(FoundFiles&& others) {
  std::move(others.blocks_.begin(), others.blocks_.end(), std::back_inserter(blocks_));
  others.clear();
  number();
}

void FoundFiles::sort() {
  std::sort(blocks_.begin(), blocks_.end(),
            [](const auto& a, const auto& b) { return a->directory.path < b->directory.path; });
  number();
}

void FoundFiles::number() {
  size_ = 0;
  for (const auto& block : blocks_) {
    block->first = size_;
    size_ += block->files.size();
  }
}

}  // namespace av1d
