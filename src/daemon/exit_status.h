// What av1d's exit status says (sysexits.h; README "Exit status").
#pragma once

namespace av1d {

enum ExitStatus : int {
  kExitOk = 0,
  kExitJobsFailed = 1,     // --once: at least one job failed
  kExitUsage = 64,         // EX_USAGE
  kExitNoInput = 66,       // EX_NOINPUT: a named file, or every library, is not there
  kExitUnavailable = 69,   // EX_UNAVAILABLE: ffmpeg
  kExitCannotCreate = 73,  // EX_CANTCREAT
  kExitTryAgain = 75,      // EX_TEMPFAIL: another daemon holds the lock, or jobs wait for space
  kExitConfig = 78,        // EX_CONFIG
};

}  // namespace av1d
