// Catch2 2 (Debian 12) and 3 (Debian 13, testing) under one name, and RapidCheck's bridge.
#pragma once

#if AV1D_CATCH_MAJOR >= 3
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#define AV1D_SKIP(msg) SKIP("AV1D-SKIP: " << msg)
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) {
  return Catch::Matchers::Contains(text);
}
#define AV1D_SKIP(msg)            \
  do {                            \
    WARN("AV1D-SKIP: " << (msg)); \
    return;                       \
  } while (false)
#endif

// RC_ASSERT takes its expression apart, and so reads both sides of || and && whatever the first one
// says: such an expression stands in parentheses of its own.
#include <rapidcheck.h>

// A RapidCheck property as a Catch2 assertion: fails with the shrunk counterexample.
#define CHECK_PROPERTY(...)                                          \
  do {                                                               \
    const auto av1d_result = rc::detail::checkTestable(__VA_ARGS__); \
    std::ostringstream av1d_text;                                    \
    rc::detail::printResultMessage(av1d_result, av1d_text);          \
    INFO(av1d_text.str());                                           \
    CHECK(av1d_result.template is<rc::detail::SuccessResult>());     \
  } while (false)
