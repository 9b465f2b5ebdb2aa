#include "host/crystals/stated_symmetry.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <gemmi/symmetry.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/support/error.h"

namespace friedel {

namespace {

constexpr std::size_t largest_group = 192;  // F-centred cubic

bool is_group(const std::vector<SymmetryOperation>& operations) {
    std::set<OperationKey> keys;
    for (const SymmetryOperation& operation : operations) keys.insert(key_of(operation));
    return std::all_of(keys.begin(), keys.end(), [&](const OperationKey& a) {
        return std::all_of(keys.begin(), keys.end(), [&](const OperationKey& b) { return keys.count(compose(a, b)) == 1; });
    });
}

// Duplicates removed, identity first (added if the list forgot it), otherwise in the order given.
std::vector<SymmetryOperation> tidy(const std::vector<SymmetryOperation>& operations) {
    std::vector<SymmetryOperation> result = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    std::set<OperationKey> seen = {identity_key};
    for (SymmetryOperation operation : operations) {
        for (std::int8_t& translation : operation.translation) translation = static_cast<std::int8_t>(wrap24(translation));
        if (seen.insert(key_of(operation)).second) result.push_back(operation);
    }
    return result;
}

SymmetryOperation from_gemmi(const gemmi::Op& op) {
    SymmetryOperation operation{};
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            operation.rotation[3 * row + column] = static_cast<std::int8_t>(op.rot[row][column] / gemmi::Op::DEN);
        }
        operation.translation[row] = static_cast<std::int8_t>(op.tran[row]);
    }
    return operation;
}

std::vector<SymmetryOperation> from_gemmi(const gemmi::GroupOps& group) {
    static_assert(gemmi::Op::DEN == translation_denominator);
    std::vector<SymmetryOperation> operations;
    for (gemmi::Op op : group) operations.push_back(from_gemmi(op.wrap()));
    return tidy(operations);
}

gemmi::GroupOps to_gemmi(const std::vector<SymmetryOperation>& operations) {
    std::vector<gemmi::Op> ops;
    for (const SymmetryOperation& operation : operations) {
        gemmi::Op op;
        for (int row = 0; row < 3; ++row) {
            for (int column = 0; column < 3; ++column) op.rot[row][column] = operation.rotation[3 * row + column] * gemmi::Op::DEN;
            op.tran[row] = operation.translation[row];
        }
        ops.push_back(op);
    }
    gemmi::GroupOps group = gemmi::split_centering_vectors(ops);
    if (group.cen_ops.empty() || group.cen_ops.front() != gemmi::Op::Tran{0, 0, 0}) group.cen_ops.insert(group.cen_ops.begin(), {0, 0, 0});
    return group;
}

// Which origin choice a remark such as '(origin choice 2)' names; 0 if none.
int origin_of_remark(std::string remark) {
    std::transform(remark.begin(), remark.end(), remark.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t origin = remark.find("origin");
    const std::size_t digit = origin == std::string::npos ? origin : remark.find_first_of("12", origin);
    return digit == std::string::npos ? 0 : remark[digit] - '0';
}

// Screw axes as SHELX and others write them: "P2(1)/c", "P 2_1/c".
std::string with_plain_screws(const std::string& symbol) {
    const auto is_digit = [&](std::size_t at) { return at < symbol.size() && std::isdigit(static_cast<unsigned char>(symbol[at])); };
    std::string plain;
    for (std::size_t i = 0; i < symbol.size(); ++i) {
        const bool follows_axis = i > 0 && is_digit(i - 1) && is_digit(i + 1);
        const bool is_bracketed = symbol[i] == '(' && i + 2 < symbol.size() && symbol[i + 2] == ')';
        if (!follows_axis || (symbol[i] != '_' && !is_bracketed)) {
            plain += symbol[i];
            continue;
        }
        plain += symbol[i + 1];
        i += symbol[i] == '_' ? 1 : 2;
    }
    return plain;
}

// Symbols that gemmi's table lacks are brought to a form that it has: 'P m 3 m' of the older International Tables, (x,y,z) suffixes,
// underscores, '_2' or 'Z' or 'S' or a remark for an origin, 'H' or 'R' for axes.
std::string tidy_symbol(std::string symbol) {
    int origin = 0;
    symbol = with_plain_screws(symbol);
    if (const std::size_t suffix = symbol.find('('); suffix != std::string::npos) {
        origin = origin_of_remark(symbol.substr(suffix));
        symbol.resize(suffix);
    }
    std::replace(symbol.begin(), symbol.end(), '_', ' ');
    while (!symbol.empty() && std::isspace(static_cast<unsigned char>(symbol.back()))) symbol.pop_back();
    if (symbol.size() > 2) {
        const char last = symbol.back(), before = symbol[symbol.size() - 2];
        const bool separated = before == ' ' || before == ':';
        if (separated && (last == 'Z' || last == 'S' || last == 'H' || last == 'R')) {
            symbol.pop_back();
            while (symbol.back() == ' ' || symbol.back() == ':') symbol.pop_back();
            symbol += last == 'Z' ? ":2" : last == 'S' ? ":1" : last == 'H' ? ":H" : ":R";
        }
    }
    if (origin > 0 && symbol.find(':') == std::string::npos) symbol += ":" + std::to_string(origin);
    return symbol;
}

const gemmi::SpaceGroup* find_setting(const std::string& hermann_mauguin, const std::array<double, 6>& cell) {
    const std::string symbol = tidy_symbol(hermann_mauguin);
    if (symbol.empty()) return nullptr;
    if (const gemmi::SpaceGroup* setting = gemmi::find_spacegroup_by_name(symbol, cell[3], cell[5])) return setting;
    // 'F m 3 m' means 'F m -3 m'.
    if (const std::size_t three = symbol.find('3', 2); three != std::string::npos && symbol[three - 1] != '-') {
        std::string barred = symbol;
        barred.insert(three, "-");
        if (const gemmi::SpaceGroup* setting = gemmi::find_spacegroup_by_name(barred, cell[3], cell[5])) return setting;
    }
    return nullptr;
}

std::optional<std::vector<SymmetryOperation>> operations_of_hall(const std::string& hall) {
    try {
        return from_gemmi(gemmi::symops_from_hall(hall.c_str()));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

const gemmi::SpaceGroup* setting_of_number(int number, const std::array<double, 6>& cell) {
    const gemmi::SpaceGroup& reference = gemmi::get_spacegroup_reference_setting(checked_space_group(number));
    // Rhombohedral axes stand behind the hexagonal ones in gemmi's table; equal angles tell them apart.
    if (reference.ext == 'H' && cell[5] < 1.125 * cell[3]) return &reference + 1;
    return &reference;
}

// The same setting with the other origin: 2 for 1; null if there is none.
const gemmi::SpaceGroup* with_origin(const gemmi::SpaceGroup& setting, char choice) {
    if (setting.ext != '1' && setting.ext != '2') return nullptr;
    for (const gemmi::SpaceGroup& other : gemmi::spacegroup_tables::main) {
        if (other.number == setting.number && other.ext == choice && std::string_view(other.hm) == setting.hm) return &other;
    }
    return nullptr;
}

// Which of two origin choices the statement names: '1', '2', or '\0' where it leaves that open.
char stated_origin(const SymmetryStatement& statement, bool by_symbol) {
    if (by_symbol) {
        const std::string symbol = tidy_symbol(statement.hermann_mauguin);
        if (symbol.find(':') != std::string::npos) return symbol.back();
    }
    const std::size_t digit = statement.coordinate_system.find_first_of("12");
    return digit == std::string::npos ? '\0' : statement.coordinate_system[digit];
}

// The operations of a setting that a symbol or number names.
void take_setting(StatedSymmetry& stated, const gemmi::SpaceGroup& setting, char origin) {
    const gemmi::SpaceGroup *const first = with_origin(setting, '1'), *const second = with_origin(setting, '2');
    if (!first || !second) {
        stated.operations = from_gemmi(setting.operations());
        return;
    }
    stated.operations = from_gemmi((origin == '1' ? first : second)->operations());
    if (origin != '1' && origin != '2') stated.of_origin_1 = from_gemmi(first->operations());
}

// What operations are beside what the file calls them: `named`, the setting of its symbol or else of its number, null where it has neither.
// Another setting or origin of the same group is no contradiction; a group that no table has is told from another by its order alone.
void compare_with_name(StatedSymmetry& stated, const SymmetryStatement& statement, const gemmi::SpaceGroup* named, bool by_symbol) {
    const gemmi::SpaceGroup* const found = gemmi::find_spacegroup_by_ops(to_gemmi(stated.operations));
    if (found && !stated.space_group) stated.space_group = found->number;
    if (!named) return;
    const std::size_t wanted = from_gemmi(named->operations()).size(), listed = stated.operations.size();
    if (found ? found->number == named->number : listed == wanted) return;
    const std::string name = by_symbol ? "symbol " + statement.hermann_mauguin : "space-group number " + std::to_string(statement.number);
    const std::string what = statement.triplets.empty() ? "Hall symbol" : "list";
    stated.operations_contradiction = "its " + name + " has " + std::to_string(wanted) + " symmetry operators, its " + what + " " +
                                      std::to_string(listed) + (found ? ", those of " + found->xhm() : "");
}

// Reads text such as '-x+1/2, y, z-0.25'.
class TripletReader {
public:
    explicit TripletReader(const std::string& triplet) : triplet_(triplet), at_(triplet.c_str()), end_(at_ + triplet.size()) {}

    SymmetryOperation operation() {
        SymmetryOperation operation{};
        for (int row = 0; row < 3; ++row) {
            const double translation = read_row(operation.rotation + 3 * row);
            if ((row < 2) != (at_ != end_)) refuse("does not have three parts");
            if (row < 2) ++at_;  // the comma
            const double parts = (translation - std::floor(translation)) * translation_denominator;
            // Decimals such as 0.33 or 0.6667 stand for thirds.
            if (std::abs(parts - std::round(parts)) > 0.1) refuse("has a translation that is not a multiple of 1/24");
            operation.translation[row] = static_cast<std::int8_t>(wrap24(static_cast<int>(std::round(parts))));
        }
        if (std::any_of(operation.rotation, operation.rotation + 9, [](int entry) { return entry < -1 || entry > 1; })) refuse(no_rotation);
        if (std::abs(determinant_of_rotation(operation)) != 1) refuse("is no rotation or rotoinversion");
        return operation;
    }

private:
    static constexpr const char* no_rotation = "has a rotation part that is not -1, 0 or 1";

    [[noreturn]] void refuse(const char* reason) const { fail("symmetry operation '", triplet_, "' ", reason); }

    bool next_is(char c) const { return at_ != end_ && *at_ == c; }
    void skip_space() {
        while (at_ != end_ && (std::isspace(static_cast<unsigned char>(*at_)) || *at_ == '\'' || *at_ == '"')) ++at_;
    }

    double number() {
        double value = 0;
        const auto parsed = std::from_chars(at_, end_, value);
        if (parsed.ec != std::errc() || std::abs(value) > 1000) refuse("cannot be read");
        at_ = parsed.ptr;
        skip_space();
        return value;
    }

    // A number or a fraction, with the sign of multiplication where one follows; none where an axis stands alone.
    std::optional<double> factor() {
        if (at_ == end_ || !(std::isdigit(static_cast<unsigned char>(*at_)) || *at_ == '.')) return std::nullopt;
        double value = number();
        if (next_is('/')) {
            ++at_;
            skip_space();
            const double denominator = number();
            if (denominator == 0) refuse("divides by zero");
            value /= denominator;
        }
        if (next_is('*')) {
            ++at_;
            skip_space();
        }
        return value;
    }

    // Up to a comma or the end. Adds to the rotation's row; returns the translation.
    double read_row(std::int8_t* rotation) {
        double translation = 0;
        skip_space();
        if (at_ == end_ || next_is(',')) refuse("does not have three parts");
        for (; at_ != end_ && *at_ != ','; skip_space()) {
            const bool negative = next_is('-');
            if (negative || next_is('+')) ++at_;
            skip_space();
            const std::optional<double> times = factor();
            const char axis = at_ != end_ ? static_cast<char>(std::tolower(static_cast<unsigned char>(*at_))) : '\0';
            if (axis >= 'x' && axis <= 'z') {
                ++at_;
                if (times && *times != 1) refuse(no_rotation);
                rotation[axis - 'x'] += static_cast<std::int8_t>(negative ? -1 : 1);
            } else if (times) {
                translation += negative ? -*times : *times;
            } else {
                refuse("cannot be read");
            }
        }
        return translation;
    }

    const std::string& triplet_;
    const char* at_;
    const char* end_;
};

}  // namespace

int space_group_of_symbol(const std::string& symbol) {
    const gemmi::SpaceGroup* const setting = find_setting(symbol, {});
    return setting ? setting->number : 0;
}

SymmetryOperation parse_triplet(const std::string& triplet) { return TripletReader(triplet).operation(); }

StatedSymmetry resolve_symmetry(const SymmetryStatement& statement, const std::array<double, 6>& cell) {
    const gemmi::SpaceGroup* const by_symbol = find_setting(statement.hermann_mauguin, cell);
    const bool number_stated = statement.number != 0;
    StatedSymmetry result;
    result.space_group = number_stated && statement.number >= 1 && statement.number <= space_groups ? statement.number
                         : by_symbol                                                                ? by_symbol->number
                                                                                                    : 0;
    const gemmi::SpaceGroup* const named = by_symbol            ? by_symbol
                                           : result.space_group ? setting_of_number(result.space_group, cell)
                                                                : nullptr;
    if (!statement.triplets.empty()) {
        std::vector<SymmetryOperation> listed;
        for (const std::string& triplet : statement.triplets) listed.push_back(parse_triplet(triplet));
        result.operations = tidy(listed);
        if (result.operations.size() > largest_group || !is_group(result.operations)) {
            fail("the ", statement.triplets.size(), " symmetry operations listed do not form a group; one is missing or wrong");
        }
        compare_with_name(result, statement, named, by_symbol != nullptr);
        return result;
    }
    if (!statement.hall.empty()) {
        if (auto operations = operations_of_hall(statement.hall)) {
            result.operations = std::move(*operations);
            compare_with_name(result, statement, named, by_symbol != nullptr);
            return result;
        }
    }
    if (by_symbol) {
        take_setting(result, *by_symbol, stated_origin(statement, true));
        if (number_stated && statement.number != by_symbol->number)
            result.contradiction = "its symbol " + statement.hermann_mauguin + " is of space group " + std::to_string(by_symbol->number) +
                                   ", its number is " + std::to_string(statement.number);
        return result;
    }
    if (number_stated) {
        take_setting(result, *setting_of_number(statement.number, cell), stated_origin(statement, false));
        return result;
    }
    if (!statement.hall.empty() || !statement.hermann_mauguin.empty()) {
        fail("space-group symbol '", statement.hermann_mauguin.empty() ? statement.hall : statement.hermann_mauguin,
             "' is not known; add the list of symmetry operations");
    }
    result.operations = tidy({});
    return result;
}

}  // namespace friedel
