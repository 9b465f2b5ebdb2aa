#include "host/crystals/ingest.h"

#include <algorithm>
#include <map>

#include "host/crystals/cif.h"
#include "host/crystals/duplicates.h"
#include "host/crystals/ingest_wire.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/worker_processes.h"

namespace friedel {

namespace {

// A job is a handful of files, enough to hide the traffic between processes.
constexpr std::size_t job_files = 32, job_bytes = 96 * 1024;

// A worker's steps are numbered by file and structure, so that the one that failed is known.
constexpr int ordinal_bits = 22;
std::uint32_t step_of(std::size_t file, std::size_t ordinal) { return static_cast<std::uint32_t>(file << ordinal_bits | ordinal); }

// What a worker process does with one job.
class Worker {
public:
    Worker(const SymmetryOptions& options, const std::function<void(std::uint32_t)>& begin_step)
        : options_(options), begin_step_(begin_step) {}

    JobResult result_of(const std::vector<JobFile>& job) {
        for (std::size_t number = 0; number < job.size(); ++number) read(job[number], number);
        return std::move(result_);
    }

private:
    void read(const JobFile& file, std::size_t number) {
        const InputFile& input = file.input;
        if (!input.error.empty()) return reject({input.name, "", input.error});
        if (const Skip* const skip = skip_of(file, 0)) return reject({input.name, "", skip->reason});
        begin_step_(step_of(number, 0));
        const CifContent content = parse_cif(input.text, input.name);
        for (const Rejection& rejection : content.rejections) reject(rejection);
        for (std::size_t i = 0; i < content.structures.size(); ++i) {
            const Structure& structure = content.structures[i];
            const auto ordinal = static_cast<std::uint32_t>(i + 1);
            if (const Skip* const skip = skip_of(file, ordinal)) {
                reject({input.name, block_of(structure, input), skip->reason});
                continue;
            }
            begin_step_(step_of(number, ordinal));
            try {
                result_.structures.push_back(standardise(structure, options_));
            } catch (const std::exception& refused) {
                reject({input.name, block_of(structure, input), refused.what()});
            }
        }
    }

    void reject(const Rejection& rejection) { result_.rejections.push_back(rejection); }

    static const Skip* skip_of(const JobFile& file, std::uint32_t ordinal) {
        const auto found = std::ranges::find(file.skips, ordinal, &Skip::ordinal);
        return found == file.skips.end() ? nullptr : &*found;
    }

    static std::string block_of(const Structure& structure, const InputFile& input) {
        return structure.name.size() > input.name.size() ? structure.name.substr(input.name.size() + 1) : "";
    }

    const SymmetryOptions& options_;
    const std::function<void(std::uint32_t)>& begin_step_;
    JobResult result_;
};

// Takes results in any order and adds them to the library in the order of the jobs.
class Collector {
public:
    explicit Collector(IngestResult& result) : result_(result) {}

    void take(std::uint64_t id, std::string bytes) {
        waiting_.emplace(id, std::move(bytes));
        while (!waiting_.empty() && waiting_.begin()->first == next_) {
            add(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            ++next_;
        }
    }

private:
    void add(const std::string& bytes) {
        const JobResult job = unpacked_result(bytes);
        for (const StandardStructure& standard : job.structures) {
            result_.library.add(standard.structure, standard.structure_type);
            const int claimed = standard.structure.claimed_space_group;
            if (claimed > 1 && claimed != standard.structure.space_group) ++result_.relabelled;
            result_.origins_assumed += standard.structure.origin_assumed;
            result_.without_symmetry += standard.structure.symmetry_unstated;
            result_.contradicted += !standard.structure.symmetry_contradiction.empty();
        }
        std::vector<Rejection>& rejections = result_.library.rejections;
        rejections.insert(rejections.end(), job.rejections.begin(), job.rejections.end());
    }

    IngestResult& result_;
    std::uint64_t next_ = 0;
    std::map<std::uint64_t, std::string> waiting_;
};

std::vector<JobFile> next_job(InputFiles& files) {
    std::vector<JobFile> job;
    std::size_t bytes = 0;
    while (job.size() < job_files && bytes < job_bytes) {
        auto input = files.next();
        if (!input) break;
        bytes += input->text.size();
        job.push_back({std::move(*input), {}});
    }
    return job;
}

}  // namespace

IngestResult ingest(const std::vector<std::filesystem::path>& paths, const IngestOptions& options,
                    const std::function<void(const IngestProgress&)>& report) {
    IngestResult result;
    Collector collector(result);
    InputFiles files(paths);
    WorkerProcesses workers(options.processes, options.time_limit_seconds, [&](const std::string& job, const auto& begin_step) {
        return packed(Worker(options.symmetry, begin_step).result_of(unpacked_job(job)));
    });

    std::map<std::uint64_t, std::vector<JobFile>> running;
    std::uint64_t next_id = 0;
    int never_began = 0;
    const auto finish = [&](WorkerProcesses::Outcome outcome) {
        if (outcome.kind == WorkerProcesses::Outcome::Kind::done) {
            running.erase(outcome.id);
            collector.take(outcome.id, std::move(outcome.result));
            return;
        }
        std::vector<JobFile>& job = running.at(outcome.id);
        if (!outcome.began) {
            constexpr int most = 100;
            if (++never_began > most) fail("worker processes end before they begin; free some memory, or use fewer with --threads");
            workers.submit(outcome.id, packed(job));
            return;
        }
        const std::size_t file = std::min<std::size_t>(outcome.failed_step >> ordinal_bits, job.size() - 1);
        const bool late = outcome.kind == WorkerProcesses::Outcome::Kind::timed_out;
        job[file].skips.push_back(
            {outcome.failed_step & ((1u << ordinal_bits) - 1),
             late ? "takes longer than the time limit (--timeout)" : "ends the process that reads it; please report it"});
        workers.submit(outcome.id, packed(job));
    };
    std::vector<JobFile> ready = next_job(files);  // read ahead, so that a worker which becomes idle need not wait
    while (!ready.empty() || !running.empty()) {
        if (interrupted()) fail("interrupted; nothing was written");
        if (!ready.empty() && workers.has_idle()) {
            result.files += ready.size();
            workers.submit(next_id, packed(ready));
            running.emplace(next_id++, std::move(ready));
            ready = next_job(files);
        }
        const double patience = !ready.empty() && workers.has_idle() ? 0.0 : 0.2;
        if (auto outcome = workers.wait(patience)) finish(std::move(*outcome));
        if (report) {
            report({files.progress(), result.files, static_cast<std::uint64_t>(result.library.size()), result.library.rejections.size()});
        }
    }
    if (!options.keep_duplicates) result.duplicates = drop_duplicates(result.library);
    return result;
}

}  // namespace friedel
