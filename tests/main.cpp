// The one main of the test program; every other file here only adds suites.
#define BOOST_TEST_MODULE descent
#include <boost/test/unit_test.hpp>
