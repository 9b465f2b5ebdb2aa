#include "host/crystals/ingest.h"

#include <cstring>
#include <map>
#include <type_traits>

#include "host/crystals/cif.h"
#include "host/crystals/duplicates.h"
#include "host/support/archive.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/worker_processes.h"

namespace friedel {

namespace {

// A job is a handful of files, enough to hide the traffic between processes.
constexpr std::size_t job_files = 32, job_bytes = 96 * 1024;

// Structure `ordinal` of a file (0: the reading of the file itself) that a worker is not to try again.
struct Skip {
    std::uint32_t ordinal;
    std::string reason;
};

struct JobFile {
    InputFile input;
    std::vector<Skip> skips;
};

// A worker's steps are numbered by file and structure, so that the one that failed is known.
constexpr int ordinal_bits = 22;
std::uint32_t step_of(std::size_t file, std::size_t ordinal) { return static_cast<std::uint32_t>(file << ordinal_bits | ordinal); }

// Messages between processes of one program: values one after another, texts with their length.
class Writer {
public:
    template <class T>
    void value(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(const std::string& text) {
        value(text.size());
        bytes += text;
    }
    std::string bytes;
};

class Reader {
public:
    explicit Reader(const std::string& bytes) : at_(bytes.data()) {}
    template <class T>
    T value() {
        T value;
        std::memcpy(&value, at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    std::string text() {
        const auto length = value<std::size_t>();
        at_ += length;
        return std::string(at_ - length, length);
    }

private:
    const char* at_;
};

std::string encode_job(const std::vector<JobFile>& files) {
    Writer writer;
    writer.value(files.size());
    for (const JobFile& file : files) {
        writer.text(file.input.name);
        writer.text(file.input.text);
        writer.text(file.input.error);
        writer.value(file.skips.size());
        for (const Skip& skip : file.skips) {
            writer.value(skip.ordinal);
            writer.text(skip.reason);
        }
    }
    return std::move(writer.bytes);
}

void encode_structure(Writer& writer, const StandardStructure& standard) {
    const Structure& structure = standard.structure;
    writer.text(structure.name);
    writer.text(structure.formula);
    writer.text(standard.structure_type);
    writer.value(structure.cell);
    writer.value(structure.space_group);
    writer.value(structure.claimed_space_group);
    writer.value(structure.origin_assumed);
    writer.value(structure.symmetry_unstated);
    writer.text(structure.symmetry_contradiction);
    writer.value(structure.atoms.size());
    for (const Atom& atom : structure.atoms) {
        writer.value(atom.element);
        writer.value(atom.position);
        writer.value(atom.occupancy);
        writer.value(atom.b_iso);
    }
}

StandardStructure decode_structure(Reader& reader) {
    StandardStructure standard;
    Structure& structure = standard.structure;
    structure.name = reader.text();
    structure.formula = reader.text();
    standard.structure_type = reader.text();
    structure.cell = reader.value<std::array<double, 6>>();
    structure.space_group = reader.value<int>();
    structure.claimed_space_group = reader.value<int>();
    structure.origin_assumed = reader.value<bool>();
    structure.symmetry_unstated = reader.value<bool>();
    structure.symmetry_contradiction = reader.text();
    structure.atoms.resize(reader.value<std::size_t>());
    for (Atom& atom : structure.atoms) {
        atom.element = reader.value<int>();
        atom.position = reader.value<std::array<double, 3>>();
        atom.occupancy = reader.value<double>();
        atom.b_iso = reader.value<double>();
    }
    structure.operations = standard_operations(structure.space_group);
    return standard;
}

void encode_rejection(Writer& writer, const Rejection& rejection) {
    writer.text(rejection.file);
    writer.text(rejection.block);
    writer.text(rejection.reason);
}

// What a worker process does with one job.
std::string work(const std::string& job, const SymmetryOptions& options, const std::function<void(std::uint32_t)>& begin_step) {
    Reader reader(job);
    Writer structures, rejections;
    std::size_t structure_count = 0, rejection_count = 0;
    const auto reject = [&](const Rejection& rejection) {
        encode_rejection(rejections, rejection);
        ++rejection_count;
    };
    const auto files = reader.value<std::size_t>();
    for (std::size_t f = 0; f < files; ++f) {
        const std::string name = reader.text(), text = reader.text(), error = reader.text();
        std::map<std::uint32_t, std::string> skips;
        for (auto skip_count = reader.value<std::size_t>(); skip_count > 0; --skip_count) {
            const auto ordinal = reader.value<std::uint32_t>();
            skips[ordinal] = reader.text();
        }
        if (!error.empty() || skips.count(0)) {
            reject({name, "", error.empty() ? skips[0] : error});
            continue;
        }
        begin_step(step_of(f, 0));
        CifContent content = parse_cif(text, name);
        for (const Rejection& rejection : content.rejections) reject(rejection);
        for (std::size_t i = 0; i < content.structures.size(); ++i) {
            const Structure& structure = content.structures[i];
            const std::string block = structure.name.size() > name.size() ? structure.name.substr(name.size() + 1) : "";
            const auto ordinal = static_cast<std::uint32_t>(i + 1);
            if (const auto skip = skips.find(ordinal); skip != skips.end()) {
                reject({name, block, skip->second});
                continue;
            }
            begin_step(step_of(f, ordinal));
            try {
                const StandardStructure standard = standardise(structure, options);
                encode_structure(structures, standard);
                ++structure_count;
            } catch (const std::exception& refused) {
                reject({name, block, refused.what()});
            }
        }
    }
    Writer result;
    result.value(structure_count);
    result.bytes += structures.bytes;
    result.value(rejection_count);
    result.bytes += rejections.bytes;
    return std::move(result.bytes);
}

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
        Reader reader(bytes);
        for (auto count = reader.value<std::size_t>(); count > 0; --count) {
            const StandardStructure standard = decode_structure(reader);
            result_.library.add(standard.structure, standard.structure_type);
            const int claimed = standard.structure.claimed_space_group;
            if (claimed > 1 && claimed != standard.structure.space_group) ++result_.relabelled;
            result_.origins_assumed += standard.structure.origin_assumed;
            result_.without_symmetry += standard.structure.symmetry_unstated;
            result_.contradicted += !standard.structure.symmetry_contradiction.empty();
        }
        for (auto count = reader.value<std::size_t>(); count > 0; --count) {
            Rejection rejection;
            rejection.file = reader.text();
            rejection.block = reader.text();
            rejection.reason = reader.text();
            result_.library.rejections.push_back(rejection);
        }
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
    WorkerProcesses workers(options.processes, options.time_limit_seconds,
                            [&](const std::string& job, const auto& begin_step) { return work(job, options.symmetry, begin_step); });

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
            workers.submit(outcome.id, encode_job(job));
            return;
        }
        const std::size_t file = std::min<std::size_t>(outcome.failed_step >> ordinal_bits, job.size() - 1);
        const bool late = outcome.kind == WorkerProcesses::Outcome::Kind::timed_out;
        job[file].skips.push_back(
            {outcome.failed_step & ((1u << ordinal_bits) - 1),
             late ? "takes longer than the time limit (--timeout)" : "ends the process that reads it; please report it"});
        workers.submit(outcome.id, encode_job(job));
    };
    std::vector<JobFile> ready = next_job(files);  // read ahead, so that a worker which becomes idle need not wait
    while (!ready.empty() || !running.empty()) {
        if (interrupted()) fail("interrupted; nothing was written");
        if (!ready.empty() && workers.has_idle()) {
            result.files += ready.size();
            workers.submit(next_id, encode_job(ready));
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
