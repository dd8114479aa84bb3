// Files by directory, names in one block; see FoundFiles in scan.h.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "av1d/scan.h"
#include "scan_paths.h"

namespace av1d {

void FoundFiles::add(std::string_view name, const File& file) {
  files_.push_back({file, static_cast<std::uint32_t>(directories_.size() - 1),
                    static_cast<std::uint32_t>(name.size()), names_.size()});
  names_ += name;
}

Candidate FoundFiles::operator[](std::size_t index) const {
  const Entry& entry = files_[index];
  const Directory& directory = directories_[entry.directory];
  Candidate candidate;
  std::string path = join_path(directory.path, name_of(entry));
  candidate.root = directory.root;
  candidate.stamp = entry.file.stamp;
  candidate.marker =
      entry.file.is_marked ? fs::path(path + std::string(kMarkerSuffix)) : directory.marker;
  candidate.disc_structure = directory.disc_structure;
  candidate.has_sidecar = entry.file.has_sidecar;
  candidate.path = std::move(path);
  return candidate;
}

void FoundFiles::append(FoundFiles&& others) {
  if (files_.empty()) return std::swap(*this, others);
  const auto directories = static_cast<std::uint32_t>(directories_.size());
  for (Entry entry : others.files_) {
    entry.directory += directories;
    entry.name_at += names_.size();
    files_.push_back(entry);
  }
  names_ += others.names_;
  std::move(others.directories_.begin(), others.directories_.end(),
            std::back_inserter(directories_));
  others.clear();
}

// The files of one directory stand together already, in the order of their names.
void FoundFiles::sort() {
  std::vector<std::uint32_t> order(directories_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return directories_[a].path < directories_[b].path;
  });
  std::vector<std::size_t> first(directories_.size() + 1);
  for (const Entry& entry : files_) ++first[entry.directory + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<Directory> directories;
  std::vector<Entry> files;
  directories.reserve(directories_.size());
  files.reserve(files_.size());
  for (const std::uint32_t old : order) {
    for (std::size_t i = first[old]; i < first[old + 1]; ++i) {
      files.push_back(files_[i]);
      files.back().directory = static_cast<std::uint32_t>(directories.size());
    }
    directories.push_back(std::move(directories_[old]));
  }
  directories_ = std::move(directories);
  files_ = std::move(files);
}

}  // namespace av1d
