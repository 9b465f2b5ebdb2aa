// Checkpoints: whole or told, the newest few kept, nothing lost to a disk that is full; and the program stopped and gone on with.
#include "host/training/checkpoint.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/network/model.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::run_friedel;
using test::TrainCommand;
using test::write_text;

std::vector<unsigned char> image_of(int value) {
    H5File file = H5File::create_image("an image", checkpoint_kind);
    file.write("value", std::vector<std::int32_t>(20'000, value), false);
    return file.image();
}

std::vector<std::int64_t> steps_of(const fs::path& output) {
    std::vector<std::int64_t> steps;
    for (const Checkpoint& checkpoint : list_checkpoints(output)) steps.push_back(checkpoint.step);
    return steps;
}

// Writes one after the other; returns the fault of the last.
std::string write_all(const fs::path& output, int kept, const std::vector<std::int64_t>& steps) {
    CheckpointWriter writer(output, kept);
    std::string fault;
    for (const std::int64_t step : steps) {
        writer.start(step, image_of(static_cast<int>(step)));
        fault = writer.wait().value().fault;
    }
    return fault;
}

class Checkpoints : public ::testing::Test {
protected:
    test::TemporaryDirectory folder;
    const fs::path output = folder / "model.h5";
    std::string told;
    std::optional<Checkpoint> newest() {
        told.clear();
        return newest_whole_checkpoint(output, [&](const std::string& line) { told += line + "\n"; });
    }
};

TEST_F(Checkpoints, KeepsTheNewestFew) {
    ASSERT_EQ(write_all(output, 3, {5, 10, 999, 1000, 20'000}), "");
    EXPECT_EQ(steps_of(output), (std::vector<std::int64_t>{999, 1000, 20'000}));
    const auto found = newest();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->step, 20'000);
    EXPECT_EQ(told, "");
    EXPECT_EQ(H5File::open(found->file, checkpoint_kind).read<std::int32_t>("value").at(7), 20'000);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()), 3) << "something else was left";
    // A run that was resumed before the last: what was passed over goes.
    ASSERT_EQ(write_all(output, 3, {1500}), "");
    EXPECT_EQ(steps_of(output), (std::vector<std::int64_t>{999, 1000, 1500}));
    remove_checkpoints(output);
    EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST_F(Checkpoints, OthersAreLeftAlone) {
    for (const char* name :
         {"model.h5.checkpoint.12", "model.h5.checkpoint.00000000001x", "model.h5x.checkpoint.000000000001", "model.h5.checkpoint"})
        write_text(folder / name, "of somebody else");
    ASSERT_EQ(write_all(output, 1, {1, 2}), "");
    EXPECT_EQ(steps_of(output), (std::vector<std::int64_t>{2}));
    remove_checkpoints(output);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()), 4);
}

TEST_F(Checkpoints, BrokenOnesArePassedOver) {
    ASSERT_EQ(write_all(output, 9, {1, 2, 3, 4, 5}), "");
    const std::vector<Checkpoint> all = list_checkpoints(output);
    const std::string whole = read_text(all[4].file);
    write_text(all[4].file, "");
    write_text(all[3].file, whole.substr(0, whole.size() - 1));
    std::string flipped = whole;
    flipped[flipped.size() / 2] ^= 4;
    write_text(all[2].file, flipped);
    std::string other_sum = whole;
    other_sum[other_sum.size() - 3] ^= 1;
    write_text(all[1].file, other_sum);
    const auto found = newest();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->step, 1);
    EXPECT_EQ(checkpoint_fault(all[4].file), "is empty");
    EXPECT_NE(checkpoint_fault(all[3].file).find("cut short"), std::string::npos);
    EXPECT_NE(checkpoint_fault(all[2].file).find("damaged"), std::string::npos);
    EXPECT_NE(checkpoint_fault(all[1].file).find("damaged"), std::string::npos);
    EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 4) << told;
    for (int i = 1; i < 5; ++i) EXPECT_NE(told.find(all[static_cast<std::size_t>(i)].file.string()), std::string::npos) << told;
    write_text(all[0].file, "x");
    EXPECT_FALSE(newest());
}

// Every cut and every flipped byte is found out.
TEST_F(Checkpoints, NoDamageGoesUnseen) {
    ASSERT_EQ(write_all(output, 1, {1}), "");
    const fs::path file = list_checkpoints(output)[0].file;
    const std::string whole = read_text(file);
    for (std::size_t at = 0; at < whole.size(); at += at + 700 < whole.size() ? 1999 : 1) {
        write_text(file, whole.substr(0, at));
        EXPECT_NE(checkpoint_fault(file), "") << at;
    }
    for (std::size_t at = 0; at < whole.size(); at += 1999) {
        std::string damaged = whole;
        damaged[at] ^= 1;
        write_text(file, damaged);
        EXPECT_NE(checkpoint_fault(file), "") << at;
    }
    write_text(file, whole);
    EXPECT_EQ(checkpoint_fault(file), "");
}

// Files may grow to so many bytes and no further, as on a disk that is full.
class SizeLimit {
public:
    explicit SizeLimit(rlim_t bytes) : previous_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &previous_);
        const rlimit limit{bytes, previous_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SizeLimit() {
        setrlimit(RLIMIT_FSIZE, &previous_);
        std::signal(SIGXFSZ, previous_handler_);
    }

private:
    rlimit previous_{};
    void (*previous_handler_)(int);
};

TEST_F(Checkpoints, AFullDiskCostsNoEarlierOne) {
    ASSERT_EQ(write_all(output, 2, {1, 2}), "");
    CheckpointWriter writer(output, 2);
    {
        const SizeLimit limit(30'000);
        writer.start(3, image_of(3));
        const auto outcome = writer.wait();
        ASSERT_TRUE(outcome);
        EXPECT_NE(outcome->fault.find("model.h5"), std::string::npos) << outcome->fault;
    }
    EXPECT_EQ(steps_of(output), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(newest()->step, 2);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()), 2) << "a part was left";
    writer.start(3, image_of(3));
    EXPECT_EQ(writer.wait()->fault, "") << "it did not try again";
    EXPECT_EQ(newest()->step, 3);
}

TEST_F(Checkpoints, AFolderThatIsGoneIsTold) {
    EXPECT_NE(write_all(folder / "gone/model.h5", 2, {1}).find("gone/model.h5"), std::string::npos);
}

// The program: a run is a folder with a model, its checkpoints and its log.
class CheckpointedTraining : public TrainCommand {
protected:
    const std::string frequent = "--set training.checkpoint_minutes=0 --set training.report_seconds=0.05 ";
    const fs::path part = folder / "part.h5", log = folder / "log.jsonl";
    const std::string logged = " --log '" + log.string() + "' ";

    Model whole(const std::string& arguments) {
        const auto made = run_friedel(arguments + model("whole.h5"));
        if (made.status != 0) fail(made.err);
        return Model::read(folder / "whole.h5");
    }

    // Starts the command, runs the shell lines with its process id as $pid, and returns its exit status. Waits: await N blocks until the
    // log has N checkpoints, begun until it has a report.
    int while_running(const std::string& arguments, const std::string& lines) {
        const std::string in_log = "' '" + log.string() + "' 2>/dev/null", until = "for i in $(seq 600); do ";
        write_text(folder / "run.sh", "await() { " + until + "[ \"$(grep -c '\"checkpoint\"," + in_log +
                                          ")\" -ge \"$1\" ] 2>/dev/null && return; sleep 0.05; done; }\nbegun() { " + until +
                                          "grep -q '\"report\"" + in_log + " && return; sleep 0.05; done; }\n'" + test::program().string() +
                                          "' " + arguments + " >/dev/null 2>'" + (folder / "err").string() + "' &\npid=$!\n" + lines +
                                          "\nwait $pid\n");
        const int status = std::system(("bash '" + (folder / "run.sh").string() + "'").c_str());
        return WEXITSTATUS(status);
    }

    struct StoppedRun {
        std::string arguments;
        int steps, status;
    };
    // A run to part.h5 that the shell lines stop: of 300 steps, or of ten times as many where it was done before.
    StoppedRun stopped(const std::string& arguments, const std::string& lines) {
        for (int steps = 300;; steps *= 10) {
            const std::string run = arguments + "--steps " + std::to_string(steps) + " ";
            const int status = while_running(run + model("part.h5") + logged, lines);
            if (status != 0 || steps == 300'000) return {run, steps, status};
            for (const fs::path& file : {part, log, fs::path(part.string() + ".metrics.csv")}) fs::remove(file);
        }
    }

    std::vector<nlohmann::json> events() const {
        std::vector<nlohmann::json> all;
        std::istringstream lines(read_text(log));
        for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
        return all;
    }
    std::vector<nlohmann::json> events(const std::string& name) const {
        std::vector<nlohmann::json> some;
        for (const auto& event : events())
            if (event.at("event") == name) some.push_back(event);
        return some;
    }
};

TEST_F(CheckpointedTraining, LeavesAForeignFileNamedAsItsLog) {
    test::write_text(log, "notes without an end of line");
    const auto refused = run_friedel(all + "--steps 3" + logged + model("model.h5"));
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.err.find("log.jsonl: is there already, and nothing that this program appends to"), std::string::npos) << refused.err;
    EXPECT_EQ(read_text(log), "notes without an end of line");
}

// From every checkpoint that is kept, a run goes on to the weights of an undisturbed one, bit by bit; its metrics have every report once.
TEST_F(CheckpointedTraining, GoesOnFromAnyCheckpoint) {
    const auto [run, steps, status] =
        stopped(all + "--set training.checkpoints_kept=3 " + frequent + "--validation " + library + " ", "await 4; kill -INT $pid");
    ASSERT_EQ(status, 130) << read_text(folder / "err");
    const Model undisturbed = whole(run);
    EXPECT_TRUE(list_checkpoints(folder / "whole.h5").empty());
    const std::vector<Checkpoint> kept = list_checkpoints(part);
    ASSERT_EQ(kept.size(), 3u);
    const fs::path aside = folder / "aside";
    fs::create_directory(aside);
    for (const Checkpoint& checkpoint : kept) fs::rename(checkpoint.file, aside / checkpoint.file.filename());
    for (const Checkpoint& checkpoint : kept) {
        fs::copy_file(aside / checkpoint.file.filename(), checkpoint.file);
        const auto resumed = run_friedel(run + model("part.h5") + logged + "--resume");
        ASSERT_EQ(resumed.status, 0) << resumed.err;
        EXPECT_EQ(Model::read(part).members, undisturbed.members) << "from step " << checkpoint.step;
        EXPECT_TRUE(list_checkpoints(part).empty());
        EXPECT_EQ(events("resume").back().at("step"), checkpoint.step);
    }
    std::istringstream metrics(read_text(part.string() + ".metrics.csv"));
    std::string line;
    std::getline(metrics, line);
    long long last = 0;
    for (; std::getline(metrics, line); last = std::atoll(line.c_str())) EXPECT_GT(std::atoll(line.c_str()), last);
    EXPECT_EQ(last, steps);
    // The log tells the whole story.
    EXPECT_EQ(events("start").size(), 4u);
    EXPECT_EQ(events("end").front().at("how"), "interrupted");
    EXPECT_EQ(events("end").front().at("signal"), 2);
    EXPECT_EQ(events("end").back().at("how"), "finished");
    EXPECT_GT(events("report").size(), 0u);
    EXPECT_GT(events("validation").size(), 0u);
    for (const auto& event : events("checkpoint")) EXPECT_TRUE(event.at("written").get<bool>()) << event;
}

// A finished model stays until another is finished, however often the run that makes it is interrupted.
TEST_F(CheckpointedTraining, AnInterruptedRunLeavesAFinishedModel) {
    ASSERT_EQ(run_friedel(all + "--steps 3" + model("part.h5")).status, 0);
    const std::string finished = read_text(part), run = all + "--steps 100000 " + frequent + model("part.h5") + logged;
    ASSERT_EQ(while_running(run, "await 2; kill -INT $pid"), 130) << read_text(folder / "err");
    EXPECT_EQ(read_text(part), finished);
    ASSERT_FALSE(list_checkpoints(part).empty());
    const fs::path checkpoint = list_checkpoints(part).back().file;
    const auto info = run_friedel("info '" + checkpoint.string() + "'");
    EXPECT_EQ(info.out.rfind(checkpoint.string() + ": checkpoint, format ", 0), 0u) << info.out << info.err;
    EXPECT_TRUE(nlohmann::json::accept(run_friedel("info --json '" + checkpoint.string() + "'").out));
    const std::int64_t step = list_checkpoints(part).back().step;
    const auto resumed = run_friedel(all + "--steps " + std::to_string(step + 2) + model("part.h5") + "--resume");
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(Model::read(part).provenance.steps, step + 2);
}

// Steps that are far too long: what was learnt is lost though the loss stays finite. The run stops, its checkpoint is named, and from there
// it goes on with shorter ones.
TEST_F(CheckpointedTraining, StopsWhereTheLossGrows) {
    const std::string even = all + "--set optimiser.cosine=false ";  // shorter steps towards the end would mend what is broken here
    const std::string run = even + "--steps 10000 ", seldom = "--set training.checkpoint_minutes=100 ";
    // Until it has learnt something.
    const std::string step_300 =
        "for i in $(seq 600); do last=$(ls '" + folder.path.string() +
        "' | sed -n 's/^part.h5.checkpoint.0*\\([0-9]*\\)$/\\1/p' | tail -1); [ \"${last:-0}\" -ge 300 ] && break; "
        "kill -0 $pid || break; sleep 0.1; done; kill -INT $pid";
    ASSERT_EQ(while_running(run + frequent + "--set training.checkpoints_kept=1" + model("part.h5"), step_300), 130)
        << read_text(folder / "err");
    const std::vector<Checkpoint> kept = list_checkpoints(part);
    ASSERT_FALSE(kept.empty());
    const Model before = Model::read(part);

    const std::string cure = "go on from step " + std::to_string(kept.back().step) +
                             " with --resume --set optimiser.learning_rate=0.5 or --set optimiser.clip_norm=1\n";
    const auto wild = run_friedel(run + seldom + model("part.h5") + logged + "--resume --set optimiser.learning_rate=1");
    EXPECT_EQ(wild.status, 1);
    EXPECT_NE(wild.err.find("part.h5: training diverges: after "), std::string::npos) << wild.err;
    EXPECT_NE(wild.err.find("; " + cure), std::string::npos) << wild.err;
    EXPECT_EQ(Model::read(part).members, before.members);
    EXPECT_EQ(steps_of(part).back(), kept.back().step);
    EXPECT_FALSE(events("high_loss").empty());
    EXPECT_EQ(events().back().at("how"), "failed");

    // Checkpoints that are written before it is found out leave the one of before where it is, and are named.
    const auto hasty =
        run_friedel(run + frequent + "--set training.checkpoints_kept=1 --resume --set optimiser.learning_rate=1" + model("part.h5"));
    EXPECT_EQ(hasty.status, 1);
    EXPECT_EQ(steps_of(part).front(), kept.back().step);
    ASSERT_EQ(steps_of(part).size(), 2u);
    const fs::path diverging = list_checkpoints(part).back().file;
    EXPECT_NE(hasty.err.find("; remove " + diverging.filename().string() + " and " + cure), std::string::npos) << hasty.err;
    fs::remove(diverging);

    // A run whose loss is far above its lowest when its time is up is no finished one, unless its user says so.
    const std::string short_run = even + seldom + "--steps " + std::to_string(kept.back().step + 250) + model("part.h5") + "--resume ";
    const auto ended = run_friedel(short_run + "--set optimiser.learning_rate=1");
    EXPECT_EQ(ended.status, 1);
    EXPECT_NE(ended.err.find("at the end of the run, and no model is written; "), std::string::npos) << ended.err;
    EXPECT_EQ(steps_of(part), (std::vector<std::int64_t>{kept.back().step, kept.back().step + 250}));
    EXPECT_EQ(Model::read(part).members, before.members);
    const fs::path aside = folder / "aside";
    fs::copy_file(kept.back().file, aside);
    const auto taken = run_friedel(short_run + "--set training.stop_on_divergence=false");
    EXPECT_EQ(taken.status, 0) << taken.err;
    EXPECT_NE(Model::read(part).members, before.members);
    fs::copy_file(aside, kept.back().file);

    // The preset of the command does not bring back the length of steps that the run was given.
    const auto mended = run_friedel(even + seldom + " -o '" + part.string() + "' --resume --set optimiser.learning_rate=1e-4 --steps " +
                                    std::to_string(kept.back().step + 400));
    EXPECT_EQ(mended.status, 0) << mended.err;
    EXPECT_NE(mended.err.find("goes on with optimiser.learning_rate 0.0001 instead of "), std::string::npos) << mended.err;
    const Model model = Model::read(part);
    EXPECT_NE(model.members, before.members);
    ASSERT_EQ(model.provenance.runs.size(), 2u);
    EXPECT_EQ(model.provenance.runs[0].rfind("from step 0 on ", 0), 0u) << model.provenance.runs[0];
    EXPECT_EQ(model.provenance.runs[1].rfind("from step " + std::to_string(kept.back().step) + " on ", 0), 0u) << model.provenance.runs[1];
    EXPECT_NE(model.provenance.runs[1].find("optimiser.learning_rate 0.0001 instead of "), std::string::npos) << model.provenance.runs[1];
}

TEST_F(CheckpointedTraining, PassesOverBrokenOnes) {
    const auto [run, steps, status] = stopped(all + "--set training.checkpoints_kept=3 " + frequent, "await 4; kill -KILL $pid");
    ASSERT_EQ(status, 137) << read_text(folder / "err");
    const Model undisturbed = whole(run);
    EXPECT_FALSE(fs::exists(part)) << "a killed run left a model under the final name";
    const std::vector<Checkpoint> kept = list_checkpoints(part);
    ASSERT_GE(kept.size(), 2u);
    fs::resize_file(kept.back().file, fs::file_size(kept.back().file) / 2);
    const auto resumed = run_friedel(run + model("part.h5") + "--resume");
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_NE(resumed.err.find(kept.back().file.string() + ": is cut short"), std::string::npos) << resumed.err;
    EXPECT_EQ(Model::read(part).members, undisturbed.members);
    EXPECT_TRUE(list_checkpoints(part).empty());
}

TEST_F(CheckpointedTraining, InfoSaysHowFarACheckpointIs) {
    const auto [run, steps, status] = stopped(all + frequent, "await 2; kill -KILL $pid");
    ASSERT_EQ(status, 137) << read_text(folder / "err");
    const Checkpoint newest = list_checkpoints(part).back();
    const std::string file = " '" + newest.file.string() + "'";
    const auto json = nlohmann::json::parse(run_friedel("info --json" + file).out);
    EXPECT_EQ(json.at("step"), newest.step);
    EXPECT_EQ(json.at("steps"), steps);
    EXPECT_EQ(json.at("patterns"), 64 * newest.step);
    EXPECT_EQ(json.at("whole"), true);
    EXPECT_EQ(json.at("runs").size(), 1u);
    const std::string text = run_friedel("info" + file).out;
    EXPECT_NE(text.find(std::to_string(newest.step) + " of " + std::to_string(steps) + "\n"), std::string::npos) << text;
    EXPECT_NE(text.find("whole             yes"), std::string::npos) << text;
    EXPECT_NE(run_friedel("info --config" + file).out.find("\nbatch = 64\n"), std::string::npos);
    const std::string whole = read_text(newest.file);
    write_text(newest.file, whole.substr(0, whole.size() - 1) + "x");
    EXPECT_NE(run_friedel("info" + file).out.find("whole             no: it is damaged"), std::string::npos);
    fs::resize_file(newest.file, 0);
    EXPECT_NE(run_friedel("info" + file).err.find(": is empty; 'friedel train --resume' passes it over"), std::string::npos);
}

TEST_F(CheckpointedTraining, SignalsAskForACheckpoint) {
    // None are due by time.
    const std::string run =
        all + "--steps 1000000 --set training.checkpoint_minutes=1000 --set training.report_seconds=0.05" + model("part.h5") + logged;
    EXPECT_EQ(while_running(run, "begun; kill -USR1 $pid; await 1; kill -0 $pid && kill -TERM $pid"), 143) << read_text(folder / "err");
    EXPECT_EQ(events("checkpoint").size(), 2u);
    EXPECT_EQ(events("end").back().at("signal"), 15);
    EXPECT_EQ(list_checkpoints(part).size(), 2u);
}

TEST_F(CheckpointedTraining, OneRunAtATimeWritesAModel) {
    const std::string run = all + "--steps 1000000 --set training.report_seconds=0.05" + model("part.h5");
    const std::string second = "'" + test::program().string() + "' " + run;
    const std::string other_model = "'" + test::program().string() + "' " + all + "--steps 5" + model("other.h5") + logged;
    EXPECT_EQ(while_running(run + logged, "begun; " + second + "--resume=auto 2>'" + (folder / "second").string() + "'; " + other_model +
                                              "2>'" + (folder / "third").string() + "'; kill -TERM $pid"),
              143);
    EXPECT_NE(read_text(folder / "second").find("part.h5: another run writes it now"), std::string::npos) << read_text(folder / "second");
    EXPECT_NE(read_text(folder / "third").find("log.jsonl: another run appends to it now"), std::string::npos)
        << read_text(folder / "third");
    EXPECT_FALSE(fs::exists(folder / "part.h5.lock"));
}

// Batch scripts take 143 for work that was saved.
TEST_F(CheckpointedTraining, AnInterruptedRunThatSavesNothingFails) {
    const std::string run =
        all + "--steps 1000000 --set training.report_seconds=0.05 --set training.checkpoint_minutes=1000" + model("part.h5");
    EXPECT_EQ(while_running(run + logged, "prlimit --pid $pid --fsize=40000; begun; kill -TERM $pid"), 1) << read_text(folder / "err");
    EXPECT_NE(read_text(folder / "err").find("there is no checkpoint of step"), std::string::npos) << read_text(folder / "err");
}

TEST_F(CheckpointedTraining, TheSameCommandForABatchScript) {
    const std::string run = all + frequent + model("part.h5") + logged;
    const auto none = run_friedel(run + "--steps 40 --resume");
    EXPECT_EQ(none.status, 1);
    EXPECT_NE(none.err.find("there is no run to resume"), std::string::npos) << none.err;
    ASSERT_EQ(run_friedel(run + "--steps 40 --resume=auto").status, 0);
    EXPECT_EQ(events("start").size(), 1u);
    const Model first = Model::read(part);
    ASSERT_EQ(run_friedel(run + "--steps 40 --resume=auto").status, 0);
    EXPECT_EQ(events("start").size(), 1u) << "a finished run was trained again";
    EXPECT_EQ(Model::read(part).members, first.members);
    ASSERT_EQ(run_friedel(run + "--steps 50 --resume=auto").status, 0);
    EXPECT_EQ(events("start").size(), 2u) << "a model of another run counted as finished";
    EXPECT_EQ(run_friedel(run + "--steps 40 --resume=never").status, 2);
}

TEST_F(CheckpointedTraining, RefusesWhatContradictsTheRunItResumes) {
    const std::string run = all + frequent + model("part.h5");
    ASSERT_EQ(while_running(run + "--steps 1000000" + logged, "await 2; kill -KILL $pid"), 137);
    const std::size_t kept = list_checkpoints(part).size();
    ASSERT_GT(kept, 0u);
    const auto refused = [&](const std::string& arguments, const std::string& why) {
        const auto result = run_friedel(run + "--steps 400 " + arguments);
        EXPECT_EQ(result.status, 1);
        EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
        EXPECT_EQ(list_checkpoints(part).size(), kept);
    };
    refused("", "an unfinished run wrote it");
    refused("--resume --set training.batch=32", "training.batch is 32 here and 64 there");
    refused("--resume=auto --set 'network.hidden=[16]' --set network.dropout=0.1", "network.hidden");
    // A slip that would end the run, and its checkpoints.
    const auto shorter = run_friedel(run + "--steps 2 --resume");
    EXPECT_EQ(shorter.status, 1);
    EXPECT_NE(shorter.err.find("steps are done, more than the 2 "), std::string::npos) << shorter.err;
    EXPECT_EQ(list_checkpoints(part).size(), kept);
}

// Under a limit on the size of files, which a checkpoint is beyond and a model is not.
TEST_F(CheckpointedTraining, GoesOnWhereNoCheckpointCanBeWritten) {
    const auto [run, steps, status] = stopped(all + frequent, "await 2; kill -KILL $pid");
    ASSERT_EQ(status, 137) << read_text(folder / "err");
    const Model undisturbed = whole(run);
    const std::uintmax_t checkpoint = fs::file_size(list_checkpoints(part).back().file), made = fs::file_size(folder / "whole.h5");
    ASSERT_GT(checkpoint, 2 * made);
    const std::string limit =
        "bash -c \"ulimit -f " + std::to_string((checkpoint + made) / 2 / 1024) + "; '" + test::program().string() + "' ";
    const fs::path err = folder / "err";
    // In double quotes, so that those of the arguments stay as they are.
    const int ended = std::system((limit + run + model("part.h5") + logged + "--resume\" >/dev/null 2>'" + err.string() + "'").c_str());
    ASSERT_EQ(WEXITSTATUS(ended), 0) << read_text(err);
    EXPECT_NE(read_text(err).find("there is no checkpoint of step"), std::string::npos) << read_text(err);
    EXPECT_GT(events("checkpoint").size(), 3u) << "it did not try again";
    EXPECT_FALSE(events("checkpoint").back().at("written").get<bool>());
    EXPECT_EQ(Model::read(part).members, undisturbed.members);
}

// A few kills of what tools/soak.sh does by the hundred.
TEST(Soak, NothingIsLostToKills) {
    const test::TemporaryDirectory folder;
    const std::string script = (test::source_dir() / "tools/soak.sh").string(), log = (folder / "log").string();
    const std::string command = "'" + script + "' --kills 4 --friedel '" + test::program().string() + "' >'" + log + "' 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_text(log);
    EXPECT_NE(read_text(log).find("training: 4 kills"), std::string::npos) << read_text(log);
}

}  // namespace
}  // namespace friedel
