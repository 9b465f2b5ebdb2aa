#include "host/crystals/cif.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <gemmi/cif.hpp>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <sstream>

#include "host/crystals/atom_sites.h"
#include "host/crystals/cif_origin.h"
#include "host/crystals/displacement.h"
#include "host/crystals/elements.h"
#include "host/crystals/stated_symmetry.h"
#include "host/support/error.h"
#include "host/support/text_encoding.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

namespace cif = gemmi::cif;

// A column of a loop, or a single value, by the first of several names that the block has.
struct Column {
    const cif::Loop* loop = nullptr;
    std::size_t index = 0;
    const std::string* single = nullptr;
    std::string tag;
    int line = 0;

    explicit operator bool() const { return loop || single; }
    std::size_t size() const { return loop ? loop->length() : single ? 1 : 0; }
    std::string at(std::size_t row) const { return cif::as_string(loop ? loop->val(row, index) : *single); }
    // False for ? and .
    bool has(std::size_t row) const { return *this && row < size() && !cif::is_null(loop ? loop->val(row, index) : *single); }
};

Column find(const cif::Block& block, std::initializer_list<const char*> tags) {
    for (const char* tag : tags) {
        const auto matches = [&](const std::string& given) { return strcasecmp(given.c_str(), tag) == 0; };
        for (const cif::Item& item : block.items) {
            if (item.type == cif::ItemType::Pair && matches(item.pair[0])) {
                return {nullptr, 0, &item.pair[1], tag, item.line_number};
            }
            if (item.type != cif::ItemType::Loop) continue;
            for (std::size_t i = 0; i < item.loop.tags.size(); ++i) {
                if (matches(item.loop.tags[i])) return {&item.loop, i, nullptr, tag, item.line_number};
            }
        }
    }
    return {};
}

// The text of a single value, empty if absent, ? or .
std::string text_of(const cif::Block& block, std::initializer_list<const char*> tags) {
    const Column column = find(block, tags);
    return column.has(0) ? column.at(0) : std::string();
}

// A CIF number, its standard uncertainty left off: 0.123(4). `atom` is the label of whose it is, where it is of one.
double number(const Column& column, std::size_t row, const std::string& atom = "") {
    const std::string text = column.at(row);
    const char* begin = text.c_str();
    const char* const end = begin + text.size();
    if (begin != end && *begin == '+') ++begin;
    double value = 0;
    const auto parsed = std::from_chars(begin, end, value);
    const char* rest = parsed.ptr;
    if (rest != end && *rest == '(') {
        while (rest != end && *rest != ')') ++rest;
        if (rest != end) ++rest;
    }
    if (parsed.ec != std::errc() || rest != end || !std::isfinite(value)) {
        fail(column.tag, atom.empty() ? "" : " of " + atom, " is '", text, "', not a number, line ", column.line);
    }
    return value;
}

std::array<double, 6> read_cell(const cif::Block& block) {
    static constexpr const char* lengths[] = {"_cell_length_a", "_cell_length_b", "_cell_length_c"};
    static constexpr const char* angles[] = {"_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
    std::array<double, 6> cell;
    for (int i = 0; i < 3; ++i) {
        const Column column = find(block, {lengths[i]});
        if (!column.has(0)) fail("no unit cell (", lengths[i], " is missing)");
        cell[i] = number(column, 0);
        if (!(cell[i] > 0)) fail(lengths[i], " is ", cell[i], " angstrom, line ", column.line);
    }
    for (int i = 0; i < 3; ++i) {
        const Column column = find(block, {angles[i]});
        cell[3 + i] = column.has(0) ? number(column, 0) : 90.0;  // the dictionary's default
        if (!(cell[3 + i] > 0 && cell[3 + i] < 180)) fail(angles[i], " is ", cell[3 + i], " degrees, line ", column.line);
    }
    // No crystal has an edge below the shortest bond.
    if (const double shortest = *std::min_element(cell.begin(), cell.begin() + 3); shortest < 1) {
        fail("the cell edges ", cell[0], ", ", cell[1], " and ", cell[2],
             " look like nanometres: one is below 1 angstrom; write them in angstrom, ten times as long");
    }
    check_cell(cell);
    return cell;
}

// Isotropic B by site label from the anisotropic loop, for sites that state nothing else.
class AnisotropicDisplacements {
public:
    AnisotropicDisplacements(const cif::Block& block, const std::array<double, 6>& cell) : cell_(cell) {
        labels_ = find(block, {"_atom_site_aniso_label", "_atom_site_aniso.label"});
        static constexpr const char* indices[6] = {"11", "22", "33", "12", "13", "23"};
        for (const char* kind : {"U", "B", "beta"}) {
            bool complete = true;
            for (int i = 0; i < 6; ++i) {
                const std::string tag = std::string("_atom_site_aniso_") + kind + "_" + indices[i];
                values_[i] = find(block, {tag.c_str()});
                complete = complete && values_[i];
            }
            scale_ = *kind == 'B' ? 1.0 : b_of_u;
            of_beta_ = *kind == 'b';
            if ((present_ = complete && labels_)) break;
        }
    }

    std::optional<double> b(const std::string& label) const {
        for (std::size_t row = 0; present_ && row < labels_.size(); ++row) {
            if (labels_.at(row) != label) continue;
            std::array<double, 6> u;
            for (int i = 0; i < 6; ++i) {
                if (!values_[i].has(row)) return std::nullopt;
                u[i] = number(values_[i], row, label);
            }
            if (of_beta_) u = u_of_beta(cell_, u);
            return scale_ * equivalent_isotropic(cell_, u);
        }
        return std::nullopt;
    }

private:
    std::array<double, 6> cell_;
    Column labels_, values_[6];
    double scale_ = 1;
    bool present_ = false, of_beta_ = false;
};

int read_element(const std::string& label, const std::string& type_symbol, const std::vector<int>& formula, int line) {
    const int element = type_symbol.empty() ? element_of_label(label, formula) : element_of_type_symbol(type_symbol);
    // A type symbol such as Si_bond or OW1 that is no element by itself may still be readable as a label is.
    const int guess = element || type_symbol.empty() ? element : element_of_label(type_symbol, formula);
    if (!guess) {
        fail("atom ", label, " is of an unknown element '", type_symbol.empty() ? label : type_symbol, "', line ", line);
    }
    return guess;
}

// The loop of atoms.
class AtomTable {
public:
    AtomTable(const cif::Block& block, const std::array<double, 6>& cell)
        : labels_(find(block, {"_atom_site_label"})),
          types_(find(block, {"_atom_site_type_symbol"})),
          fractional_{find(block, {"_atom_site_fract_x"}), find(block, {"_atom_site_fract_y"}), find(block, {"_atom_site_fract_z"})},
          occupancies_(find(block, {"_atom_site_occupancy"})),
          u_iso_(find(block, {"_atom_site_U_iso_or_equiv"})),
          b_iso_(find(block, {"_atom_site_B_iso_or_equiv"})),
          calculated_(find(block, {"_atom_site_calc_flag"})),
          multiplicities_(find(block, {"_atom_site_symmetry_multiplicity", "_atom_site_site_symmetry_multiplicity"})),
          positions_(find(block, {"_atom_site_Wyckoff_symbol", "_atom_site_Wyckoff_label"})),
          anisotropic_(block, cell),
          formula_(elements_of_formula(text_of(block, {"_chemical_formula_sum"}))) {
        if (!labels_ && !types_) fail("no atoms (_atom_site_label is missing)");
        for (const Column& axis : fractional_) {
            if (!axis) fail("no fractional coordinates (_atom_site_fract_x, _y and _z are needed)");
        }
    }

    std::size_t rows() const { return fractional_[0].size(); }

    // None where the row stands for no atom: a dummy, a vacancy written as if it were an element, a site that nothing occupies, hydrogen
    // that was known to be there, but not where. What is odd about its displacement is added to `doubts`.
    std::optional<Atom> atom(std::vector<std::string>& doubts, std::size_t row) const {
        const std::string type = types_.has(row) ? types_.at(row) : std::string();
        Atom atom;
        atom.label = labels_.has(row) ? labels_.at(row) : type;
        if (calculated_.has(row) && calculated_.at(row) == "dum") return std::nullopt;
        if (atom.label.empty()) fail("an atom has neither label nor type symbol, line ", line());
        const std::string lowered = lower_case(type.empty() ? atom.label : type);
        if (lowered == "vac" || lowered == "va") return std::nullopt;
        atom.element = read_element(atom.label, type, formula_, line());
        const std::optional<std::array<double, 3>> place = position(row, atom.label);
        if (!place && atom.element == 1) return std::nullopt;
        if (!place) fail("atom ", atom.label, " has no coordinates, line ", line());
        atom.position = *place;
        atom.occupancy = occupancy(row, atom.label);
        if (atom.occupancy == 0) return std::nullopt;
        atom.b_iso = b_iso(doubts, row, atom.label);
        return atom;
    }

    // What is said of the site: its multiplicity or else its Wyckoff position.
    std::string site(std::size_t row) const {
        return multiplicities_.has(row) ? multiplicities_.at(row) : positions_.has(row) ? positions_.at(row) : std::string();
    }

private:
    int line() const { return fractional_[0].line; }

    std::optional<std::array<double, 3>> position(std::size_t row, const std::string& label) const {
        std::array<double, 3> position;
        for (int axis = 0; axis < 3; ++axis) {
            if (!fractional_[axis].has(row)) return std::nullopt;
            position[axis] = number(fractional_[axis], row, label);
            if (std::abs(position[axis]) > 1000) fail(fractional_[axis].tag, " of ", label, " is ", position[axis]);
        }
        return position;
    }

    double occupancy(std::size_t row, const std::string& label) const {
        if (!occupancies_.has(row)) return 1;
        const double stated = number(occupancies_, row, label);
        if (stated < 0 || stated > 1.1)
            fail("the occupancy of atom ", label, " is ", stated, ", not between 0 and 1, line ", occupancies_.line);
        return std::min(stated, 1.0);
    }

    double b_iso(std::vector<std::string>& doubts, std::size_t row, const std::string& label) const {
        const std::optional<double> given = u_iso_.has(row)   ? b_of_u * number(u_iso_, row, label)
                                            : b_iso_.has(row) ? number(b_iso_, row, label)
                                                              : anisotropic_.b(label);
        if (!given) return b_iso_missing;
        const double stated = *given;
        if (std::string doubt = displacement_doubt(label, stated); !doubt.empty()) doubts.push_back(std::move(doubt));
        // A negative displacement is an artefact of refinement and says nothing.
        if (stated < 0) return b_iso_missing;
        if (stated > largest_b_iso)
            fail("the displacement parameter of atom ", label, " is B = ", stated, " angstrom^2, above ", largest_b_iso, "; check it");
        return stated;
    }

    Column labels_, types_, fractional_[3], occupancies_, u_iso_, b_iso_, calculated_, multiplicities_, positions_;
    AnisotropicDisplacements anisotropic_;
    std::vector<int> formula_;
};

// `stated` receives what the loop says of the sites of the atoms.
void read_atoms(Structure& structure, StatedContent& stated, const cif::Block& block, const CifOptions& options) {
    const AtomTable table(block, structure.cell);
    if (table.rows() > static_cast<std::size_t>(options.max_sites))
        fail(table.rows(), " atom sites are listed, more than the limit of ", options.max_sites);
    std::vector<std::string> doubts;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        std::optional<Atom> atom = table.atom(doubts, row);
        if (!atom) continue;
        structure.atoms.push_back(std::move(*atom));
        stated.sites.push_back(table.site(row));
    }
    if (structure.atoms.empty()) fail("no atoms");
    if (doubts.empty()) return;
    structure.displacement_doubt = doubts.front();
    const std::size_t more = doubts.size() - 1;
    if (more > 0) structure.displacement_doubt += "; " + std::to_string(more) + " more atom" + (more > 1 ? "s" : "") + " likewise";
}

SymmetryStatement read_symmetry(const cif::Block& block) {
    SymmetryStatement statement;
    const Column triplets = find(block, {"_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz",
                                         "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv.pos_as_xyz"});
    for (std::size_t row = 0; row < triplets.size(); ++row) {
        if (triplets.has(row) && !triplets.at(row).empty()) statement.triplets.push_back(triplets.at(row));
    }
    statement.hall = text_of(block, {"_space_group_name_Hall", "_space_group.name_Hall", "_symmetry_space_group_name_Hall"});
    statement.hermann_mauguin =
        text_of(block, {"_space_group_name_H-M_alt", "_space_group.name_H-M_alt", "_symmetry_space_group_name_H-M",
                        "_symmetry.space_group_name_H-M", "_space_group_name_H-M_full", "_space_group_name_H-M_ref"});
    const Column number_column = find(block, {"_space_group_IT_number", "_space_group.IT_number", "_symmetry_Int_Tables_number"});
    if (number_column.has(0)) {
        const double stated = number(number_column, 0);
        if (stated != std::floor(stated) || stated < 1 || stated > space_groups) {
            fail(number_column.tag, " is ", stated, ", not between 1 and 230, line ", number_column.line);
        }
        statement.number = static_cast<int>(stated);
    }
    statement.coordinate_system = text_of(block, {"_space_group_IT_coordinate_system_code", "_space_group.IT_coordinate_system_code"});
    return statement;
}

// Operations that act on moments or on more than three coordinates as well are no symmetry of the atoms alone.
void refuse_extended_symmetry(const cif::Block& block) {
    const auto look_at = [](const std::string& tag) {
        std::string flat = lower_case(tag);
        std::replace(flat.begin(), flat.end(), '.', '_');
        const auto starts = [&](const char* prefix) { return flat.rfind(prefix, 0) == 0; };
        if (starts("_space_group_symop_magn") || starts("_space_group_magn"))
            fail("a magnetic structure: its operations (", tag, ") act on moments as well; give the parent structure and its operations");
        if (starts("_space_group_symop_ssg") || starts("_space_group_ssg"))
            fail("a modulated structure: its operations (", tag, ") are of superspace; give the average structure and its operations");
    };
    for (const cif::Item& item : block.items) {
        if (item.type == cif::ItemType::Pair) look_at(item.pair[0]);
        if (item.type == cif::ItemType::Loop) std::for_each(item.loop.tags.begin(), item.loop.tags.end(), look_at);
    }
}

// A Z or formula that cannot be read says nothing.
void read_content(StatedContent& stated, const cif::Block& block) {
    stated.formula = amounts_of_formula(text_of(block, {"_chemical_formula_sum"}));
    stated.cell_setting = text_of(block, {"_symmetry_cell_setting", "_space_group_crystal_system", "_space_group.crystal_system"});
    const std::string units = text_of(block, {"_cell_formula_units_Z"});
    const auto [rest, error] = std::from_chars(units.data(), units.data() + units.size(), stated.formula_units);
    if (error != std::errc() || !(stated.formula_units > 0 && stated.formula_units < 1e6)) stated.formula_units = 0;
}

Structure read_block(const cif::Block& block, const std::string& name, const CifOptions& options) {
    Structure structure;
    structure.name = name;
    structure.cell = read_cell(block);
    StatedContent stated;
    read_atoms(structure, stated, block, options);
    read_content(stated, block);
    const SymmetryStatement statement = read_symmetry(block);
    if (statement.empty()) {
        refuse_extended_symmetry(block);
        check_without_symmetry(structure, stated);
    }
    StatedSymmetry symmetry = resolve_symmetry(statement, structure.cell);
    structure.operations = std::move(symmetry.operations);
    structure.claimed_space_group = symmetry.space_group;
    structure.symmetry_unstated = statement.empty();
    structure.symmetry_contradiction = std::move(symmetry.contradiction);
    structure.operations_contradiction = std::move(symmetry.operations_contradiction);
    if (symmetry.of_origin_1.empty()) {
        tidy_sites(structure);
    } else {
        choose_origin(structure, symmetry.of_origin_1, stated);
    }
    structure.formula = formula_of_cell(Crystal(structure));
    return structure;
}

bool holds_structure(const cif::Block& block) { return find(block, {"_atom_site_fract_x"}) || find(block, {"_cell_length_a"}); }

// What a file is whose first bytes are not text; empty for text.
std::string binary_kind(std::string_view text) {
    const auto starts = [&](std::string_view magic) { return text.substr(0, magic.size()) == magic; };
    if (starts("PK\x03\x04")) return "a zip archive";
    if (starts("\x1f\x8b")) return "gzip-compressed";
    if (starts("\xfd"
               "7zXZ"))
        return "xz-compressed";
    if (starts("BZh")) return "bzip2-compressed";
    if (text.size() > 262 && text.substr(257, 5) == "ustar") return "a tar archive";
    if (starts("\x89HDF")) return "an HDF5 file";
    if (starts("%PDF")) return "a PDF";
    if (text.substr(0, 4096).find('\0') != std::string_view::npos) return "binary";
    return {};
}

// Start of the next line that opens a data block at or after `from`; npos if there is none.
std::size_t next_block(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        if (lower_case(text.substr(at + 1, 5)) == "data_") return at + 1;
    }
    return std::string_view::npos;
}

struct SyntaxError {
    std::string reason;
    std::size_t byte;  // from where parsing began
};

// One parse from `first` on, which is in line `line`. A syntax error leaves the blocks before it in `document`, and the beginning of the
// one that it is in.
std::optional<SyntaxError> parse(cif::Document& document, std::string_view text, std::size_t first, std::size_t line) {
    tao::pegtl::memory_input<> input(text.data() + first, text.data() + text.size(), "", 0, line, 1);
    try {
        cif::parse_input(document, input);
        return std::nullopt;
    } catch (const tao::pegtl::parse_error& error) {
        std::string reason(error.message());
        std::size_t error_line = error.positions().front().line;
        if (const std::size_t before = reason.rfind(": "); before != std::string::npos && before + 2 < reason.size())
            reason.erase(0, before + 2);
        // No starts_with(): clang reads gemmi as C++17 alone (CMakeLists.txt, FRIEDEL_FUZZ).
        if (document.blocks.empty() && reason.rfind("expected block header", 0) == 0) reason = "is no CIF: " + reason;
        if (!document.blocks.empty() && document.items_ && !document.items_->empty() &&
            document.items_->back().type == cif::ItemType::Loop) {
            const cif::Item& item = document.items_->back();
            if (!item.loop.tags.empty() && item.loop.values.size() % item.loop.tags.size() != 0) {
                std::ostringstream message;
                message << "the loop of " << item.loop.tags.front() << " has " << item.loop.values.size() << " values for "
                        << item.loop.tags.size() << " columns";
                reason = message.str();
                error_line = static_cast<std::size_t>(item.line_number);
            }
        }
        return SyntaxError{reason + ", line " + std::to_string(error_line), error.positions().front().byte};
    }
}

using Reject = std::function<void(const std::string& block, const std::string& reason)>;

// Every block that can be read: after a syntax error it goes on with the next one.
std::vector<cif::Block> read_blocks(std::string_view text, const Reject& reject) {
    std::vector<cif::Block> blocks;
    for (std::size_t first = 0; first != std::string_view::npos;) {
        cif::Document document;
        const auto lines_before = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\n');
        const std::optional<SyntaxError> error = parse(document, text, first, 1 + static_cast<std::size_t>(lines_before));
        std::string broken_block;
        if (error && !document.blocks.empty()) {
            broken_block = document.blocks.back().name;
            document.blocks.pop_back();
        }
        std::move(document.blocks.begin(), document.blocks.end(), std::back_inserter(blocks));
        if (!error) break;
        reject(broken_block, error->reason);
        first = next_block(text, first + error->byte);
    }
    return blocks;
}

}  // namespace

CifContent parse_cif(std::string_view text, const std::string& name, const CifOptions& options) {
    if (is_utf_16(text)) return parse_cif(utf_8_of_utf_16(text), name, options);
    CifContent content;
    const Reject reject = [&](const std::string& block, const std::string& reason) { content.rejections.push_back({name, block, reason}); };
    text = without_byte_order_mark(text);
    if (const std::string kind = binary_kind(text); !kind.empty()) {
        reject("", "is " + kind + ", not CIF text; give archives their own ending");
        return content;
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        reject("", "is empty");
        return content;
    }
    // Line ends of old Macintosh files, which the grammar does not know.
    std::string converted;
    if (text.find('\r') != std::string_view::npos && text.find('\n') == std::string_view::npos) {
        converted = text;
        std::replace(converted.begin(), converted.end(), '\r', '\n');
        text = converted;
    }

    const std::vector<cif::Block> blocks = read_blocks(text, reject);
    if (blocks.empty() && content.rejections.empty()) reject("", "holds no data block (data_)");
    const auto wanted = std::count_if(blocks.begin(), blocks.end(), holds_structure);
    for (const cif::Block& block : blocks) {
        if (wanted > 0 && !holds_structure(block)) continue;
        try {
            content.structures.push_back(read_block(block, wanted > 1 ? name + "#" + block.name : name, options));
        } catch (const std::exception& error) {
            reject(block.name, error.what());
        }
    }
    return content;
}

std::vector<Structure> read_cif(const std::filesystem::path& file, const CifOptions& options) {
    std::error_code code;
    if (std::filesystem::is_directory(file, code))
        fail(file.string(), ": is a folder; name the CIF files in it, or make a structure library of them with 'friedel ingest'");
    std::ifstream in(file, std::ios::binary);
    if (!in) fail(file.string(), ": cannot be opened (", std::strerror(errno), "); check the name and the permissions");
    std::ostringstream text;
    text << in.rdbuf();
    CifContent content = parse_cif(text.str(), file.string(), options);
    if (!content.rejections.empty()) {
        const Rejection& first = content.rejections.front();
        fail(first.file, first.block.empty() ? "" : ": block " + first.block, ": ", first.reason);
    }
    return std::move(content.structures);
}

}  // namespace friedel
