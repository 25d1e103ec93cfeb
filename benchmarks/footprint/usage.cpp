// usage N COMMAND [ARGUMENT...]: runs a command N times with its output thrown away and prints
// "<median seconds> <peak MiB>"; the peak is that of the largest process, children included.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  const int runs = argc > 2 ? std::atoi(argv[1]) : 0;
  if (runs < 1) return std::fprintf(stderr, "usage: %s N COMMAND [ARGUMENT...]\n", argv[0]), 2;
  std::vector<double> seconds;
  long peak_kib = 0;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
      const int nowhere = open("/dev/null", O_WRONLY);
      dup2(nowhere, STDOUT_FILENO);
      execvp(argv[2], argv + 2);
      std::perror(argv[2]);
      _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return std::perror(argv[0]), 1;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::fprintf(stderr, "%s failed\n", argv[2]), 1;
    peak_kib = std::max(peak_kib, usage.ru_maxrss);
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  std::printf("%.4f %.0f\n", seconds[static_cast<std::size_t>(runs) / 2], static_cast<double>(peak_kib) / 1024);
}
