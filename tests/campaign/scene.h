// One film on its way through a replace, with all that an owner would look at afterwards: the film,
// its name, who may read it, its neighbours, and what the daemon keeps in its own directories. The
// steps are the daemon's: preflight, job file, replace, and at the next start its recovery.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/replace.h"

namespace av1d::test {

enum class Naming { in_place, new_name };         // F == S, or film.avi -> film.mkv
enum class Keep { no, orig };                     // keep_original
enum class Temp { same, other };                  // temp_output_dir's filesystem
enum class Filesystem { full, no_rename_flags };  // with RENAME_EXCHANGE and NOREPLACE, or without

struct Setting {
  Naming naming = Naming::in_place;
  Keep keep = Keep::no;
  Temp temp = Temp::same;
  Filesystem filesystem = Filesystem::full;
};

std::vector<Setting> all_settings();
std::string describe(const Setting& setting);

// What an act came to; the exit status of the child that it ran in.
enum class Act { done = 0, refused = 20, no_start = 21, misplaced = 22 };

class Scene {
 public:
  // Everything lies below `home`, which must be empty; a temp directory on another filesystem below
  // `elsewhere`. Where that is no other filesystem, the calls that cross must be made to fail.
  Scene(const Setting& setting, fs::path home, fs::path elsewhere);

  // Encoded, proven, about to be replaced. Ends when the job is at rest.
  Act replace() const;
  // What a daemon does before its first scan.
  Act start() const;
  // A start and all that is left to do.
  Act start_and_finish() const;

  // "" as long as the film is whole under one of its names, else what is wrong. At any instant.
  std::string broken() const;
  // "" when the start has settled everything: the film is whole, exactly once, nothing left over.
  std::string unsettled() const;
  // "" when the film is replaced, like the original in every way, and nothing else has changed.
  std::string unreplaced() const;

  // From now on the new file may lack times and attributes: the protocol only warns of these where
  // the calls that set them fail.
  void forgive_attributes() { others_may_differ_ = true; }

  const Setting& setting() const { return setting_; }
  const fs::path& library() const { return library_; }
  const fs::path& state() const { return config_.job_state_dir; }
  bool must_cross() const;  // temp was to be on another filesystem, and is not

  // The job as its file has it.
  std::optional<Job> job() const;

 private:
  // What must stay as it was of a file: owner, group, mode, ACL; and mtime, user.* attributes.
  struct Looks {
    std::string access, others;
  };
  Looks looks(const fs::path& path) const;
  std::string wrong_at(const fs::path& path) const;
  std::string wrong_neighbours() const;
  std::optional<Reason> encode() const;
  Job new_job() const;

  Setting setting_;
  Config config_;
  fs::path library_, source_, final_, output_;
  std::string original_, encoded_;
  Looks looks_;
  bool others_may_differ_ = false;
  FileStamp probed_;
  std::string id_;
};

}  // namespace av1d::test
