// av1top from its command line to its exit status.
#pragma once

namespace av1d::monitor {

int run_program(int argc, const char* const* argv);

}  // namespace av1d::monitor
