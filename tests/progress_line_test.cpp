// What a terminal shows of long work, on a terminal of the test's own.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "tests/train_command.h"

namespace friedel {
namespace {

// All that a shell command writes to a terminal so many columns wide.
std::string shown_on_terminal(const std::string& command, unsigned short columns) {
    const winsize size{24, columns, 0, 0};
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    std::string shown;
    char part[4096];
    // Once the other side is closed, reading ends with an error.
    for (ssize_t n = 0; (n = read(terminal, part, sizeof part)) > 0;) shown.append(part, static_cast<std::size_t>(n));
    close(terminal);
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << shown;
    return shown;
}

using ProgressLineOnTerminal = test::TrainCommand;

TEST_F(ProgressLineOnTerminal, TellsTheLossAndTheLearningRateWhereThereIsRoom) {
    const std::string train = "'" + test::program().string() + "' " + all + "--minutes 0.04 --set training.report_seconds=0.1 -o '";
    const std::string wide = shown_on_terminal(train + (folder / "wide.h5").string() + "'", 200);
    EXPECT_NE(wide.find(" left  loss "), std::string::npos) << wide;
    EXPECT_NE(wide.find(", learning rate 0.00"), std::string::npos) << wide;

    constexpr std::size_t columns = 50;
    std::istringstream lines(shown_on_terminal(train + (folder / "narrow.h5").string() + "'", columns));
    int looked_at = 0;
    for (std::string line; std::getline(lines, line, '\r');) {
        const std::string clear = "\033[K";
        if (!line.starts_with(clear + "[")) continue;
        ++looked_at;
        EXPECT_LT(line.size() - clear.size(), columns) << line;
    }
    EXPECT_GT(looked_at, 2);
}

}  // namespace
}  // namespace friedel
