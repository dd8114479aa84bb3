// See campaign.h.
#include "campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <random>

#include "campaign/disk.h"
#include "campaign/scene.h"
#include "campaign/tracer.h"
#include "support/temp_dir.h"

namespace av1d::test {

namespace {

using What = Fate::What;
using Action = Act (Scene::*)() const;

// A new directory that goes with its case.
class Home {
 public:
  explicit Home(const fs::path& parent) {
    std::string name = (parent / "av1d-campaign-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~Home() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Where there is no second filesystem a rename from one directory to another fails as if.
Judge with_crossing(const Judge& judge) {
  return [judge](const Call& call) {
    const Fate fate = judge ? judge(call) : Fate{};
    if (fate.what != What::go_on || call.name != "renameat2") return fate;
    return call.file(0) == call.file(2) ? fate : Fate{What::fail, EXDEV};
  };
}

Traced act(const Scene& scene, Action action, const Judge& judge = {},
           Watch watch = Watch::changes) {
  const bool full = scene.setting().filesystem == Filesystem::full;
  return trace([&] { return static_cast<int>((scene.*action)()); }, watch,
               full ? RenameFlags::known : RenameFlags::unknown,
               scene.must_cross() ? with_crossing(judge) : judge);
}

// How an act may end: well, or with a refusal. Anything else is a crash.
bool ended_in_order(const Traced& traced) {
  constexpr std::array kOrderly = {Act::done, Act::refused, Act::no_start};
  return traced.died || std::any_of(kOrderly.begin(), kOrderly.end(), [&](Act end) {
           return traced.status == static_cast<int>(end);
         });
}

// One case, and what is wrong with it, if anything.
class Case {
 public:
  Case(const Setting& setting, const fs::path& home, const fs::path& elsewhere)
      : scene_(setting, home, elsewhere), story_(describe(setting)) {}

  const Scene& scene() const { return scene_; }
  void forgive_attributes() { scene_.forgive_attributes(); }
  void tell(const std::string& what) { story_ += "; " + what; }
  bool well() const { return problem_.empty(); }
  std::string problem() const { return story_ + ": " + problem_; }

  // Runs the action under the judge; the film must be whole after it.
  Traced run(Action action, const Judge& judge = {}, Watch watch = Watch::changes) {
    const Traced traced = act(scene_, action, judge, watch);
    if (!ended_in_order(traced)) {
      blame(fmt::format("crashed with status {}, signal {}", traced.status, traced.signal));
    }
    blame(scene_.broken());
    return traced;
  }

  // As a daemon would go on, with nothing in its way.
  void finish() {
    if (!well()) return;
    run(&Scene::start);
    blame(scene_.unsettled());
    if (well()) run(&Scene::start_and_finish);
    blame(scene_.unreplaced());
  }

  void blame(const std::string& wrong) {
    if (well()) problem_ = wrong;
  }

 private:
  Scene scene_;
  std::string story_;
  std::string problem_;
};

// Dies before the call number `at`.
Judge dies_at(int at, Case& the_case, const std::string& who) {
  return [at, &the_case, who](const Call& call) {
    if (call.index != at) return Fate{};
    the_case.tell(fmt::format("{} killed before call {} ({})", who, at, call.shown()));
    return Fate{What::die};
  };
}

// ---- The campaign -------------------------------------------------------------------------------

struct Injury {
  What what = What::fail;
  int error = 0;
  bool lasting = false;  // all changing calls from here on
};

std::vector<Injury> all_injuries() {
  std::vector<Injury> all;
  for (const int error : {ENOSPC, EIO, EACCES, EPERM, EINTR, EXDEV, EROFS, EDQUOT, ENOMEM, ESTALE,
                          EMFILE, EBUSY, ETXTBSY}) {
    all.push_back({What::fail, error});
  }
  for (const int error : {EIO, EINTR, ETIMEDOUT}) all.push_back({What::lose_answer, error});
  all.push_back({What::cut_short});
  for (const int error : {EIO, EROFS, ENOSPC}) all.push_back({What::fail, error, true});
  return all;
}

std::string describe(const Injury& injury) {
  if (injury.what == What::cut_short) return "writes half";
  const std::string error = std::strerror(injury.error);
  if (injury.what == What::lose_answer) return "is done, but answers " + error;
  return (injury.lasting ? "and all after it fail with " : "fails with ") + error;
}

// Whether the injury makes sense of this call: only what was to change something can be done
// without an answer, only a write cut short.
bool applies(const Injury& injury, const Call& call) {
  if (injury.what == What::cut_short) return call.name == "write" && call.args[2] > 1;
  if (injury.what == What::lose_answer) {
    return call.name.starts_with("rename") || call.name.starts_with("link") ||
           call.name.starts_with("unlink") || call.name == "fsync";
  }
  return !injury.lasting || call.changes();
}

bool is_about_attributes(const Call& call) {
  return call.name == "utimensat" || call.name.find("xattr") != std::string_view::npos;
}

class Campaign {
 public:
  explicit Campaign(const Wishes& wishes) : wishes_(wishes), random_(wishes.seed) {
    tally_.seed = wishes.seed;
    for (const Setting& setting : all_settings()) {
      settings_.push_back({setting, count_calls(setting, Watch::changes),
                           wishes.failures > 0 ? count_calls(setting, Watch::all) : 0});
    }
  }

  void kill() {
    for_each_point(Watch::changes, wishes_.kills, [&](const Setting& setting, int at) {
      Home home(wishes_.directory), elsewhere(wishes_.elsewhere);
      Case one(setting, home.path(), elsewhere.path());
      one.run(&Scene::replace, dies_at(at, one, "replace"));
      ++tally_.kills;
      kill_starts(one);
      one.finish();
      judge(one);
    });
  }

  void fail() {
    const std::vector<Injury> injuries = all_injuries();
    while (tally_.failures < wishes_.failures) {
      for_each_point(Watch::all, wishes_.failures - tally_.failures,
                     [&](const Setting& setting, int at) {
                       Home home(wishes_.directory), elsewhere(wishes_.elsewhere);
                       Case one(setting, home.path(), elsewhere.path());
                       hurt(one, injuries[draw(injuries.size())], at);
                       one.finish();
                       judge(one);
                     });
    }
  }

  void cut(const std::string& kind) {
    Home home(wishes_.elsewhere), parent(wishes_.directory);
    LoopDisk disk(kind, home.path() / "disk");
    if (!disk.mounted()) {
      tally_.notes.push_back("no power cuts on " + kind + ": " + disk.problem());
      return;
    }
    for_each_point(Watch::changes, wishes_.cuts, [&](const Setting& setting, int at) {
      const fs::path here = disk.path() / "home";
      Home elsewhere(parent.path());
      Case one(setting, here, elsewhere.path());
      one.tell(kind);
      disk.sync();
      cut_at(one, &Scene::replace, at, disk);
      if (draw(3) == 0) cut_at(one, &Scene::start, static_cast<int>(draw(20)), disk);
      one.finish();
      judge(one);
      fs::remove_all(here);
    });
  }

  Tally tally() const { return tally_; }

 private:
  struct Measured {
    Setting setting;
    int changes = 0;
    int calls = 0;
  };

  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random_() % below); }

  int count_calls(const Setting& setting, Watch watch) {
    Home home(wishes_.directory), elsewhere(wishes_.elsewhere);
    Case one(setting, home.path(), elsewhere.path());
    const auto let_go = [](const Call&) { return Fate{}; };
    const int calls = one.run(&Scene::replace, let_go, watch).calls;
    one.blame(one.scene().unreplaced());
    judge(one);
    return calls;
  }

  // Every call of every setting in random order, and again from the start until it is enough. The
  // point behind the last call is one too: the job is at rest, and nothing may happen to it.
  void for_each_point(Watch watch, int count,
                      const std::function<void(const Setting&, int)>& visit) {
    std::vector<std::pair<std::size_t, int>> points;
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      const int calls = watch == Watch::all ? settings_[i].calls : settings_[i].changes;
      for (int at = 0; at <= calls; ++at) points.emplace_back(i, at);
    }
    for (int done = 0; done < count;) {
      for (std::size_t i = points.size(); i > 1; --i) std::swap(points[i - 1], points[draw(i)]);
      for (const auto& [setting, at] : points) {
        if (done++ == count) return;
        visit(settings_[setting].setting, at);
      }
    }
  }

  // The recovery dies as well, up to three times.
  void kill_starts(Case& one) {
    for (std::size_t again = draw(4); again > 0 && one.well(); --again) {
      const Traced start =
          one.run(&Scene::start, dies_at(static_cast<int>(draw(20)), one, "start"));
      if (start.died) ++tally_.recovery_kills;
    }
  }

  // A call of the replace fails, or one of the recovery after a kill.
  void hurt(Case& one, const Injury& injury, int at) {
    const bool in_recovery = draw(4) == 0;
    Action action = &Scene::replace;
    if (in_recovery) {
      one.run(&Scene::replace, dies_at(static_cast<int>(draw(60)), one, "replace"));
      action = &Scene::start;
      at = static_cast<int>(draw(60));
    }
    bool hurt = false;
    one.run(
        action,
        [&](const Call& call) {
          if (call.is_on_a_pipe()) return Fate{};
          if (hurt && injury.lasting && call.changes()) return Fate{injury.what, injury.error};
          if (hurt || call.index < at || !applies(injury, call)) return Fate{};
          hurt = true;
          if (injury.lasting || is_about_attributes(call)) one.forgive_attributes();
          one.tell(fmt::format("{}: call {} ({}) {}", in_recovery ? "start" : "replace", call.index,
                               call.shown(), describe(injury)));
          return Fate{injury.what, injury.error};
        },
        Watch::all);
    if (hurt) ++tally_.failures;
  }

  void cut_at(Case& one, Action action, int at, LoopDisk& disk) {
    const Cut how = draw(2) == 0 ? Cut::nothing : Cut::names;
    bool dark = false;
    const auto cut = [&](const std::string& where) {
      disk.cut(how);
      dark = true;
      one.tell(fmt::format("power cut {}{}", where,
                           how == Cut::names ? " with names committed before data" : ""));
    };
    act(one.scene(), action, [&](const Call& call) {
      if (call.index != at) return Fate{};
      cut(fmt::format("before call {} ({})", at, call.shown()));
      return Fate{What::die};
    });
    if (!dark) cut("after the last call");
    disk.restart();
    ++tally_.cuts;
    one.blame(one.scene().broken());
  }

  void judge(const Case& one) {
    if (!one.well()) tally_.problems.push_back(one.problem());
  }

  Wishes wishes_;
  std::mt19937_64 random_;
  std::vector<Measured> settings_;
  Tally tally_;
};

}  // namespace

std::string Tally::summary() const {
  return fmt::format(
      "seed {}: {} kills and {} of the recovery, {} injected failures, {} power cuts: {} wrong",
      seed, kills, recovery_kills, failures, cuts, problems.size());
}

Tally run_campaign(const Wishes& wishes) {
  Campaign campaign(wishes);
  campaign.kill();
  campaign.fail();
  if (wishes.cuts > 0) {
    for (const std::string& kind : wishes.disks) campaign.cut(kind);
  }
  return campaign.tally();
}

}  // namespace av1d::test
