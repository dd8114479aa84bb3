// av1d from its command line to its exit status. main() only calls this.
#pragma once

namespace av1d {

// Runs the program on the calling thread, which must be the main thread: it owns signals and
// children. Returns the exit status.
int run_program(int argc, const char* const* argv);

}  // namespace av1d
