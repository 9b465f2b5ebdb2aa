// Training where the disk is full, on a file system of its own that is too small.
#include <gtest/gtest.h>

#include <cstdlib>

#include "host/network/model.h"
#include "host/training/checkpoint.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

using test::read_text;
using test::TrainCommand;

class FullDisk : public TrainCommand {
protected:
    const std::string disk = (folder / "disk").string(), log = (folder / "log.jsonl").string(), err = (folder / "err").string();
    const std::string train = "'" + test::program().string() + "' " + all +
                              "--steps 300 --set training.checkpoint_minutes=0 --set training.report_seconds=0.05 -q -o '" + disk +
                              "/part.h5' --log '" + log + "' 2>>'" + err + "'";

    // Runs a script of the shell where `disk` has room for two checkpoints of 0.5 MB and a model of 0.12 MB, but for no third one.
    // Returns its exit status; 77: nobody may make such a disk here.
    int on_small_disk(const std::string& script) const {
        std::filesystem::create_directory(disk);
        test::write_text(folder / "script", "mount -t tmpfs -o size=1300k none '" + disk + "' || exit 77\n" + script);
        const int status = std::system(("unshare -rm sh '" + (folder / "script").string() + "' 2>'" + (folder / "mount").string() +
                                        "' ||"
                                        " { s=$?; [ $s = 1 ] && grep -q '^unshare' '" +
                                        (folder / "mount").string() + "' && s=77; exit $s; }")
                                           .c_str());
        return WEXITSTATUS(status);
    }
};

#define SKIP_WITHOUT_SMALL_DISK(status) \
    if ((status) == 77) GTEST_SKIP() << "no file system can be mounted in a name space of one's own here: " << read_text(folder / "mount")

TEST_F(FullDisk, EarlierCheckpointsMakeRoom) {
    const int status = on_small_disk(train + "|| exit 3; cp '" + disk + "/part.h5' '" + (folder / "made.h5").string() + "'\n");
    SKIP_WITHOUT_SMALL_DISK(status);
    ASSERT_EQ(status, 0) << read_text(err);
    EXPECT_EQ(read_text(err).find("there is no checkpoint"), std::string::npos) << read_text(err);
    EXPECT_NE(read_text(log).find("\"event\":\"checkpoint\""), std::string::npos);
    EXPECT_EQ(Model::read(folder / "made.h5").provenance.steps, 300);
}

TEST_F(FullDisk, AModelThatFindsNoRoomIsNotLost) {
    const int status = on_small_disk("head -c 280000 /dev/zero >'" + disk + "/other'\n" + train + " && exit 3\n[ -e '" + disk +
                                     "/part.h5' ] && exit 4\nrm '" + disk + "/other'\n" + train + " --resume || exit 5\ncp '" + disk +
                                     "/part.h5' '" + (folder / "made.h5").string() + "'\n");
    SKIP_WITHOUT_SMALL_DISK(status);
    ASSERT_EQ(status, 0) << read_text(err);
    EXPECT_NE(read_text(err).find("a checkpoint has all 300 steps"), std::string::npos) << read_text(err);
    const auto undisturbed = test::run_friedel(all + "--steps 300" + model("whole.h5"));
    ASSERT_EQ(undisturbed.status, 0) << undisturbed.err;
    EXPECT_EQ(Model::read(folder / "made.h5").members, Model::read(folder / "whole.h5").members);
}

}  // namespace
}  // namespace friedel
