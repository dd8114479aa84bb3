// Cropping by containers; see crop.h.
#include "crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace av1d {

namespace {

// Pixels of luma to a sample of chroma, across and down. Pixel formats: libavutil/pixdesc.c.
struct ChromaGrid {
  int across = 1, down = 1;
};

ChromaGrid grid_of(const std::string& pixel_format) {
  const auto is = [&](const char* part) { return pixel_format.find(part) != std::string::npos; };
  if (is("420p") || is("nv12") || is("nv21") || is("p010")) return {2, 2};
  if (is("422p")) return {2, 1};
  if (is("411p")) return {4, 1};
  if (is("410p")) return {4, 4};
  if (is("440p")) return {1, 2};
  return {};
}

Crop declared_crop(const Stream& video) {
  Crop crop;
  for (const auto& data : video.side_data) {
    if (data.type != "Frame Cropping") continue;
    const auto field = [&](const char* key) {
      const auto it = data.fields.find(key);
      return it == data.fields.end() ? 0 : std::atoi(it->second.c_str());
    };
    crop.left += field("crop_left");
    crop.right += field("crop_right");
    crop.top += field("crop_top");
    crop.bottom += field("crop_bottom");
  }
  return crop;
}

int down_to(int value, int step) {
  return value - value % step;
}

// As ffmpeg does it.
void round_inwards(int& before, int& after, int size, int step) {
  const int shown = down_to(size - before - after, step);
  before = down_to(before, step);
  after = size - before - shown;
}

void round_outwards(int& before, int& after, int size, int step) {
  before = down_to(before, step);
  const int end = size - after;
  const int next = down_to(end + step - 1, step);
  after = size - std::min(size, next);
}

using Rounding = void (*)(int& before, int& after, int size, int step);

Crop rounded(const Stream& video, Rounding round) {
  Crop crop = declared_crop(video);
  const ChromaGrid grid = grid_of(video.pixel_format);
  round(crop.left, crop.right, video.width, grid.across);
  round(crop.top, crop.bottom, video.height, grid.down);
  return crop;
}

bool is_cut_here(const Stream& video) {
  return !video.has_display_matrix && declared_crop(video) != Crop{} &&
         rounded(video, round_inwards) != rounded(video, round_outwards);
}

}  // namespace

Crop crop_of(const Stream& video) {
  if (declared_crop(video) == Crop{}) return {};
  return rounded(video, is_cut_here(video) ? round_outwards : round_inwards);
}

std::string crop_filter(const Stream& video) {
  if (!is_cut_here(video)) return {};
  const Crop crop = crop_of(video);
  return fmt::format("crop=w={}:h={}:x={}:y={}:exact=1", video.width - crop.left - crop.right,
                     video.height - crop.top - crop.bottom, crop.left, crop.top);
}

std::vector<std::string> crop_options(const Stream& video) {
  if (!is_cut_here(video)) return {};
  return {fmt::format("-apply_cropping:{}", video.index), "codec"};
}

}  // namespace av1d
