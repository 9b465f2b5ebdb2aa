#include "host/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "host/crystals/subgroups.h"
#include "host/network/device.h"
#include "host/support/error.h"

namespace friedel {

namespace {

// Losses are averaged over a window of so many steps or patterns, whichever is longer, to see whether they grow.
constexpr std::int64_t watched_steps = 100, watched_patterns = 5000;

constexpr std::int64_t epoch_without_library = 100'000;  // patterns
constexpr int rows_looked_through = 512;                 // at once, for patterns that are not finite

SyntheticShare synthetic_share(const RunConfig& run, const CrystalTableStore* tables) {
    if (!tables) return {};
    return {run.synthetic, run.fill, tables->group_share(run.tempering)};
}

}  // namespace

Trainer::Trainer(Backend& backend, const TrainingConfig& config, const StructureLibrary& library, const CrystalTableStore* tables,
                 const std::vector<std::vector<float>>& start, Communicator* ranks)
    : backend_(backend),
      config_(config),
      ranks_(ranks && ranks->size() > 1 ? ranks : nullptr),
      rows_(ranks_ ? rows_of_rank(config.run.batch, *ranks_) : RowShare{0, config.run.batch}),
      shape_(config.shape()),
      loss_{config.loss, shape_.classes(), nullptr},
      sampler_(library.view(), config.network.target, config.run.tempering, synthetic_share(config.run, tables)),
      stream_(backend.open_stream(library.view(), sampler_.view(), config.simulation, config.preprocess, tables)),
      network_(backend, shape_, config.dropout(), rows_.count, true),
      gradient_(backend, shape_.size()),
      state_(backend, 1),
      totals_(backend, 1) {
    if (ranks_) {
        check_distinct_devices(backend_, *ranks_);
        backend_.join(*ranks_);
    }
    if (loss_.config.epoch_patterns == 0)
        loss_.config.epoch_patterns = sampler_.structures() > 0 ? sampler_.structures() : epoch_without_library;
    if (loss_.config.graph_smoothing > 0) {
        const std::vector<float> smoothing = subgroup_smoothing();
        smoothing_ = Buffer<float>(backend, smoothing.data(), smoothing.size());
        loss_.smoothing = smoothing_.data();
    }
    for (int m = 0; m < config.network.members; ++m) {
        const std::vector<float> first = start.empty() ? initial_parameters(shape_, config.run.seed, m) : start.at(m);
        Member member{Parameters(backend, shape_, first),
                      Buffer<float>(backend, first.size()),
                      Buffer<float>(backend, first.size()),
                      {},
                      Buffer<SampleLoss>(backend, static_cast<std::size_t>(rows_.count)),
                      Buffer<StepGuard>(backend, 1)};
        if (config.optimiser.average_decay > 0) member.average = Buffer<float>(backend, first.data(), first.size());
        members_.push_back(std::move(member));
    }
    for (int half = 0; half < 2; ++half) {
        inputs_[half] = Matrix(backend, rows_.count, shape_.points());
        labels_[half] = Buffer<std::int32_t>(backend, static_cast<std::size_t>(rows_.count));
    }
    const std::vector<double> shares = sampler_.label_shares(shape_.classes());
    const std::int64_t window = std::max(watched_steps * config.run.batch, watched_patterns);
    watches_.resize(members_.size(),
                    {DivergenceWatch(loss_.config, false, shares, window), DivergenceWatch(loss_.config, true, shares, window)});
    set_total_steps(config.run.steps);
}

void Trainer::set_total_steps(std::int64_t total) {
    total_steps_ = total;
    const StepState state{config_.run.seed, step_, total_steps_, config_.run.batch, rows_.first};
    state_.upload(&state);
}

void Trainer::run_step(int current) {
    const int rows = rows_.count, next = 1 - current;
    Network::GradientReady add_up;
    if (ranks_) add_up = [this](float* values, std::size_t n) { backend_.begin_sum(values, n); };
    backend_.overlap([&] { stream_->draw(inputs_[next].data(), labels_[next].data(), state_.data(), 1, rows); },
                     [&] {
                         for (int m = 0; m < static_cast<int>(members_.size()); ++m) {
                             Member& member = members_[m];
                             network_.backpropagate(gradient_.data(), member.losses.data(), inputs_[current].data(),
                                                    labels_[current].data(), member.parameters, loss_, state_.data(), m, add_up);
                             backend_.add_losses(totals_.data(), member.guard.data(), member.losses.data(), rows, loss_.config,
                                                 state_.data());
                             backend_.finish_sums();
                             backend_.optimise({member.parameters.values().data(), member.first_moment.data(), member.second_moment.data(),
                                                member.average.data(), gradient_.data()},
                                               member.guard.data(), shape_.weights_end(), shape_.size(), config_.optimiser, state_.data(),
                                               member.parameters.copies());
                         }
                     });
    backend_.advance(state_.data());
}

void Trainer::step() {
    if (!filled_) stream_->draw(inputs_[current_].data(), labels_[current_].data(), state_.data(), 0, rows_.count);
    filled_ = true;
    auto& recorded = recorded_[current_];
    if (recorded) {
        recorded->run();
    } else {
        recorded = backend_.record([this, current = current_] { run_step(current); });
    }
    current_ = 1 - current_;
    ++step_;
}

Trainer::Results Trainer::take_results() {
    LossTotals totals, nothing{};
    totals_.download(&totals);
    totals_.upload(&nothing);
    // What is summed over the ranks: loss, correct, samples, and the two pairs of each member.
    std::vector<double> sums = {totals.loss, static_cast<double>(totals.correct), static_cast<double>(totals.samples)};
    Results results{};
    for (std::size_t m = 0; m < members_.size(); ++m) {
        StepGuard guard;
        members_[m].guard.download(&guard);
        StepGuard taken = guard;
        taken.skipped = 0;
        for (int kind = 0; kind < 2; ++kind) taken.losses[kind] = 0, taken.samples[kind] = 0;
        members_[m].guard.upload(&taken);
        results.skipped += guard.skipped;
        results.skipped_in_a_row = std::max(results.skipped_in_a_row, guard.in_a_row);
        results.halvings = std::max(results.halvings, next_halvings(guard));
        for (int kind = 0; kind < 2; ++kind) {
            sums.push_back(guard.losses[kind]);
            sums.push_back(static_cast<double>(guard.samples[kind]));
        }
    }
    if (ranks_) ranks_->sum(sums.data(), sums.size());
    results.loss = sums[0] / sums[2];
    results.accuracy = sums[1] / sums[2];
    results.samples = static_cast<std::int64_t>(sums[2]);
    auto sum = sums.begin() + 3;
    for (auto& kinds : watches_) {
        for (DivergenceWatch& watch : kinds) {
            watch.add(sum[0], static_cast<std::int64_t>(sum[1]));
            sum += 2;
        }
    }
    return results;
}

// Which of the last step's patterns, of the rows here, are not finite.
std::vector<char> Trainer::spoilt_patterns() const {
    const int rows = rows_.count, points = shape_.points();
    std::vector<char> spoilt(static_cast<std::size_t>(rows));
    // A part of the batch at a time: as floats it may be too much for what memory is left.
    const int part = std::min(rows, rows_looked_through);
    Buffer<float> there(backend_, static_cast<std::size_t>(part) * points);
    std::vector<float> patterns(there.size());
    const Matrix& inputs = inputs_[1 - current_];
    for (int first = 0; first < rows; first += part) {
        const int here = std::min(part, rows - first);
        backend_.from_operands(there.data(), inputs.rows_from(first), here, points);
        there.download(patterns.data());
        for (int i = 0; i < here; ++i) {
            const auto pattern = patterns.begin() + static_cast<std::ptrdiff_t>(i) * points;
            spoilt[first + i] = !std::all_of(pattern, pattern + points, [](float value) { return std::isfinite(value); });
        }
    }
    return spoilt;
}

// Which have a loss that is not finite, in any network.
std::vector<char> Trainer::spoilt_losses() const {
    std::vector<char> spoilt(static_cast<std::size_t>(rows_.count));
    std::vector<SampleLoss> losses(spoilt.size());
    for (const Member& member : members_) {
        member.losses.download(losses.data());
        for (std::size_t i = 0; i < losses.size(); ++i) spoilt[i] |= !std::isfinite(losses[i].loss);
    }
    return spoilt;
}

std::vector<std::int32_t> Trainer::nonfinite_structures() const {
    std::vector<char> spoilt = spoilt_patterns();
    const std::vector<char> losses = spoilt_losses();
    // Where a network has a finite loss for no pattern, it is the network.
    if (std::find(losses.begin(), losses.end(), 0) != losses.end())
        std::transform(spoilt.begin(), spoilt.end(), losses.begin(), spoilt.begin(), std::bit_or<>());
    std::set<std::int32_t> structures;
    const std::uint64_t first = first_sample({config_.run.seed, step_ - 1, total_steps_, config_.run.batch, rows_.first}, 0, rows_.count);
    for (std::size_t i = 0; i < spoilt.size(); ++i) {
        if (spoilt[i]) structures.insert(draw_structure(sampler_.view(), config_.run.seed, first + i).structure);
    }
    return {structures.begin(), structures.end()};
}

double Trainer::learning_rate() const { return step_rates(config_.optimiser, step_, total_steps_).learning_rate; }

std::vector<std::vector<float>> Trainer::answering_parameters() const {
    std::vector<std::vector<float>> all;
    for (const Member& member : members_) {
        all.emplace_back(shape_.size());
        (member.average.size() ? member.average : member.parameters.values()).download(all.back().data());
    }
    return all;
}

void Trainer::save(H5File& file) const {
    file.write("step", &step_, {1});
    file.write("total_steps", &total_steps_, {1});
    std::vector<float> values(shape_.size());
    for (std::size_t m = 0; m < members_.size(); ++m) {
        const Member& member = members_[m];
        const auto put = [&](const char* name, const Buffer<float>& buffer) {
            if (!buffer.size()) return;
            buffer.download(values.data());
            file.write("members/" + std::to_string(m) + "/" + name, values.data(), {values.size()}, false);
        };
        put("parameters", member.parameters.values());
        put("first_moment", member.first_moment);
        put("second_moment", member.second_moment);
        put("average", member.average);
        save_guards(file, m);
    }
}

// How far the member has backed off after skipped steps, and its lowest losses.
void Trainer::save_guards(H5File& file, std::size_t m) const {
    StepGuard guard;
    members_[m].guard.download(&guard);
    const auto& [entropy, squared] = watches_[m];
    const double values[] = {guard.halvings, static_cast<double>(guard.in_a_row), entropy.lowest(), squared.lowest()};
    file.write("members/" + std::to_string(m) + "/guards", values, {std::size(values)});
}

// Older checkpoints hold none.
void Trainer::restore_guards(const H5File& file, std::size_t m) {
    const std::string path = "members/" + std::to_string(m) + "/guards";
    if (!file.exists(path)) return;
    const std::vector<double> values = file.read<double>(path);
    if (values.size() != 4 || std::any_of(values.begin(), values.end(), [](double value) { return !(value >= 0); }) || values[1] > 1e9)
        fail(file.path().string(), ": ", path, " is no state of a run; remove it to go on from an earlier one");
    StepGuard guard;
    guard.halvings = values[0];
    guard.in_a_row = static_cast<std::int64_t>(values[1]);
    members_[m].guard.upload(&guard);
    for (std::size_t kind = 0; kind < 2; ++kind) watches_[m][kind].set_lowest(values[2 + kind]);
}

void Trainer::restore(const H5File& file) {
    for (std::size_t m = 0; m < members_.size(); ++m) {
        Member& member = members_[m];
        const auto get = [&](const char* name, Buffer<float>& buffer) {
            if (!buffer.size()) return;
            const std::string path = "members/" + std::to_string(m) + "/" + name;
            const std::vector<float> values = file.read<float>(path);
            if (values.size() != buffer.size())
                fail(file.path().string(), ": ", path, " does not fit the network; remove it to go on from an earlier one");
            if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
                fail(file.path().string(), ": ", path, " holds numbers that are not finite; remove it to go on from an earlier one");
            }
            buffer.upload(values.data());
        };
        get("parameters", member.parameters.values());
        member.parameters.refresh();
        get("first_moment", member.first_moment);
        get("second_moment", member.second_moment);
        get("average", member.average);
        restore_guards(file, m);
    }
    const std::vector<std::int64_t> step = file.read<std::int64_t>("step"), total = file.read<std::int64_t>("total_steps");
    if (step.size() != 1 || total.size() != 1 || step[0] < 0)
        fail(file.path().string(), ": has no step; remove it to go on from an earlier one");
    step_ = step[0];
    filled_ = false;
    set_total_steps(total[0]);
}

}  // namespace friedel
