#include "monitor/program.h"

int main(int argc, char** argv) {
  return av1d::monitor::run_program(argc, argv);
}
