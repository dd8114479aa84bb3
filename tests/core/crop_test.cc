// The edges that a container does not show, and how whole samples of chroma decide about them.
#include "../../src/core/crop.h"

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

Stream cropped(const std::string& pixel_format, int left, int right, int top, int bottom) {
  Stream video = test::h264_video(720, 576);
  video.index = 1;
  video.pixel_format = pixel_format;
  const auto text = [](int value) { return std::to_string(value); };
  video.side_data = {{"Frame Cropping",
                      {{"crop_left", text(left)},
                       {"crop_right", text(right)},
                       {"crop_top", text(top)},
                       {"crop_bottom", text(bottom)}}}};
  return video;
}

}  // namespace

TEST_CASE("a picture without a crop is not cropped", "[crop]") {
  const Stream video = test::h264_video(703, 575);
  CHECK(crop_of(video) == Crop{});
  CHECK(crop_filter(video).empty());
  CHECK(crop_options(video).empty());
}

TEST_CASE("whole samples of chroma are left to ffmpeg's own crop", "[crop]") {
  const Stream even = cropped("yuv420p", 8, 8, 0, 2);
  CHECK(crop_of(even) == Crop{8, 8, 0, 2});
  CHECK(crop_filter(even).empty());
  CHECK(crop_options(even).empty());
  CHECK(crop_filter(cropped("yuv444p10le", 7, 9, 1, 0)).empty());
}

TEST_CASE("no shown column or line is lost to the chroma's grid", "[crop]") {
  const Stream pal = cropped("yuv420p", 8, 9, 0, 0);  // the clean aperture of PAL: 703 columns
  CHECK(crop_of(pal) == Crop{8, 8, 0, 0});
  CHECK(crop_filter(pal) == "crop=w=704:h=576:x=8:y=0:exact=1");
  CHECK(crop_options(pal) == std::vector<std::string>{"-apply_cropping:1", "codec"});
  CHECK(crop_of(cropped("yuv420p10le", 3, 3, 5, 1)) == Crop{2, 2, 4, 0});
  CHECK(crop_of(cropped("yuv422p", 3, 3, 5, 1)) == Crop{2, 2, 5, 1});
  CHECK(crop_of(cropped("yuv411p", 6, 6, 1, 1)) == Crop{4, 4, 1, 1});
}

TEST_CASE("an odd size has no sample beyond its edge", "[crop]") {
  Stream video = cropped("yuv420p", 1, 0, 0, 0);
  video.width = 721;
  CHECK(crop_of(video) == Crop{0, 0, 0, 0});
  CHECK(crop_filter(video) == "crop=w=721:h=576:x=0:y=0:exact=1");
}

TEST_CASE("a rotated or mirrored picture is cropped as ffmpeg does it", "[crop]") {
  Stream video = cropped("yuv420p", 8, 9, 0, 0);
  video.has_display_matrix = true;
  CHECK(crop_of(video) == Crop{8, 10, 0, 0});
  CHECK(crop_filter(video).empty());
}
