// The machine's load; see system_metrics.h. Formats: proc(5), and
// Documentation/gpu/amdgpu/thermal.rst of the kernel for gpu_busy_percent.
#include "monitor/system_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "av1d/owned_fd.h"

namespace av1d {

namespace {

// The next word; words are parted by spaces. "" at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

template <class T>
std::optional<T> number(std::string_view word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || word.empty()) return std::nullopt;
  return value;
}

// The figure of a line such as "MemTotal:  16318480 kB", in bytes.
std::optional<std::uint64_t> kib_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  line.remove_prefix(key.size());
  const auto kib = number<std::uint64_t>(take_word(line));
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

}  // namespace

// Files of /proc tell no size.
std::string SystemMetrics::text_of(const char* name) const {
  const OwnedFd file(::open((root_ / name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string text;
  std::array<char, 8192> buffer{};
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  while (file.valid() && text.size() < kMost) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice", then a line each core.
// Guest time is part of user time already.
void SystemMetrics::read_cpu(SystemFacts& facts) {
  const std::string text = text_of("proc/stat");
  std::string_view rest = text;
  std::vector<CpuTimes> times;
  while (rest.starts_with("cpu")) {
    std::string_view line = take_line(rest);
    take_word(line);
    CpuTimes cpu;
    for (int field = 0; field < 8; ++field) {
      const std::uint64_t ticks = number<std::uint64_t>(take_word(line)).value_or(0);
      const bool idle = field == 3 || field == 4;
      cpu.all += ticks;
      cpu.busy += idle ? 0 : ticks;
    }
    times.push_back(cpu);
  }
  // A core that was switched on or off makes the figures incomparable once.
  for (std::size_t i = 0; i < times.size() && times.size() == last_.size(); ++i) {
    // iowait may fall (proc(5)): never below nothing.
    const std::uint64_t all = times[i].all - std::min(times[i].all, last_[i].all);
    const std::uint64_t busy = times[i].busy - std::min(times[i].busy, last_[i].busy);
    const double share =
        all == 0 ? 0 : std::min(static_cast<double>(busy) / static_cast<double>(all), 1.0);
    if (i == 0) {
      facts.cpu = share;
    } else {
      facts.cores.push_back(share);
    }
  }
  last_ = std::move(times);
}

void SystemMetrics::read_memory(SystemFacts& facts) const {
  const std::string text = text_of("proc/meminfo");
  std::string_view rest = text;
  std::optional<std::uint64_t> total, available;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (!total) total = kib_of(line, "MemTotal:");
    if (!available) available = kib_of(line, "MemAvailable:");
  }
  if (!total || !available) return;
  facts.memory_bytes = *total;
  facts.memory_used_bytes = *total - std::min(*total, *available);
}

void SystemMetrics::read_load(SystemFacts& facts) const {
  const std::string text = text_of("proc/loadavg");
  std::string_view rest = text;
  std::array<double, 3> load{};
  for (double& value : load) {
    const auto figure = number<double>(take_word(rest));
    if (!figure) return;
    value = *figure;
  }
  facts.load = load;
}

void SystemMetrics::read_gpu(SystemFacts& facts) const {
  std::error_code error;
  for (fs::directory_iterator card(root_ / "sys/class/drm", error);
       !error && card != fs::directory_iterator(); card.increment(error)) {
    const std::string name = card->path().filename().native();
    const bool is_card =
        name.starts_with("card") && name.find_first_not_of("0123456789", 4) == std::string::npos;
    if (!is_card) continue;  // "card0-HDMI-A-1" is a plug
    std::string text = text_of(("sys/class/drm/" + name + "/device/gpu_busy_percent").c_str());
    std::string_view rest = text;
    const auto percent = number<double>(take_line(rest));
    if (percent) facts.gpu = std::max(facts.gpu.value_or(0), std::clamp(*percent / 100, 0.0, 1.0));
  }
}

SystemFacts SystemMetrics::read() {
  SystemFacts facts;
  read_cpu(facts);
  read_memory(facts);
  read_load(facts);
  read_gpu(facts);
  return facts;
}

}  // namespace av1d
