#include "daemon/program.h"

int main(int argc, char** argv) {
  return av1d::run_program(argc, argv);
}
