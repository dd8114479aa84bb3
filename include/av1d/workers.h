// Work of many small pieces on several cores: directories to list, files to read, to look up. For
// what takes seconds altogether; threads are started and joined each time.
#pragma once

#include <cstddef>
#include <functional>

namespace av1d {

// How many threads such work is worth here: one a core, and 4 at most, for disks do not get faster
// by being asked more at once, and the cores belong to the encoders.
unsigned worker_count();

// Runs work(0) to work(workers - 1), each on a thread of its own, the caller's among them, and
// waits for all. Where no more threads can be had some of them are not run: work must be taken from
// a common heap, not dealt out by number.
void work_together(unsigned workers, const std::function<void(unsigned)>& work);

// Calls work(worker, i) once for each i below `count`, worker < `workers`. Each worker is one
// thread at a time.
void share_out(std::size_t count, unsigned workers,
               const std::function<void(unsigned, std::size_t)>& work);

}  // namespace av1d
