// Layout: title, then the plot area (curve and labels over the base line), a strip of reflection ticks, the angle axis.
// The curve is reduced to its extremes in every pixel column, so that a picture stays near 30 kB and no peak is lost.
#include "host/support/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "host/support/error.h"
#include "host/support/markup.h"
#include "host/support/text_file.h"

namespace friedel {

namespace {

namespace fs = std::filesystem;

// Pixels.
constexpr double width = 1200, height = 560;
constexpr double left = 86, right = 1176, top = 58;
constexpr double bottom = 488;                           // the frame; the angle axis hangs below
constexpr double tick_strip = 34;                        // between base line and frame, where there are reflections
constexpr double label_height = 16, digit_width = 6.95;  // 12.5 pixel digits of Helvetica and its copies
constexpr int max_labels = 40;
constexpr double weakest_label = 0.015;  // of the strongest reflection

const char* const ink = "#1a1a1a";
const char* const curve_colour = "#12508f";
const char* const second_colour = "#c8501e";

// 1, 2 or 5 times a power of ten that cuts `range` into at most `pieces`.
double nice_step(double range, int pieces) {
    const double rough = range / pieces, power = std::pow(10.0, std::floor(std::log10(rough)));
    for (double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * (1 - 1e-9)) return factor * power;
    return 10 * power;
}

// Indices as crystallographers print them, spaced where one has two digits. The bars of negative ones are drawn: the combining
// character merges with the digit in many fonts.
struct IndicesLabel {
    std::string text;
    std::vector<double> bars;  // left end of the bar over each digit, from the start of the text
    double width = 0;
};

IndicesLabel indices_label(const PlottedReflection& reflection) {
    const int indices[] = {reflection.h, reflection.k, reflection.l};
    const bool spaced = std::any_of(std::begin(indices), std::end(indices), [](int index) { return std::abs(index) > 9; });
    IndicesLabel label;
    for (int index : indices) {
        if (spaced && !label.text.empty()) {
            label.text += "\u2009";
            label.width += 2.5;
        }
        for (char digit : std::to_string(std::abs(index))) {
            label.text += digit;
            if (index < 0) label.bars.push_back(label.width);
            label.width += digit_width;
        }
    }
    return label;
}

struct Box {
    double left, top, right, bottom;
    bool overlaps(const Box& other) const { return left < other.right && other.left < right && top < other.bottom && other.top < bottom; }
};

class Drawing {
public:
    explicit Drawing(const PatternPlot& plot) : plot_(plot) {
        low_ = 0, high_ = 0;
        bool any = false;
        for (const std::vector<float>* curve : {&plot.intensity, &plot.second_intensity}) {
            for (float value : *curve) {
                if (!std::isfinite(value)) continue;
                any = true;
                low_ = std::min(low_, static_cast<double>(value));
                high_ = std::max(high_, static_cast<double>(value));
            }
        }
        if (!any || !(plot.step_deg > 0)) fail("'", plot.title, "': no pattern to plot; it needs finite intensities and a positive step");
        if (!(high_ > low_)) high_ = low_ + 1;
        end_deg_ = plot.start_deg + plot.step_deg * static_cast<double>(std::max<std::size_t>(plot.intensity.size(), 2) - 1);
        base_ = bottom - (plot.reflections.empty() ? 0 : tick_strip);
        columns_.assign(static_cast<std::size_t>(right - left) + 1, base_);
    }

    std::string draw() {
        head();
        intensity_axis();
        const bool overlaid = !plot_.second_intensity.empty();
        curve(plot_.intensity, curve_colour, "", true);
        if (overlaid) curve(plot_.second_intensity, second_colour, " stroke-dasharray=\"5 3\"", false);
        if (!plot_.reflections.empty()) {
            reflection_ticks();
            reflection_labels();
        }
        angle_axis();
        print(out_, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"none\" stroke=\"%s\"/>\n", left, top, right - left,
              bottom - top, ink);
        if (overlaid) legend();
        out_ += "</svg>\n";
        return std::move(out_);
    }

private:
    double x_of(double two_theta_deg) const {
        return left + (right - left) * (two_theta_deg - plot_.start_deg) / (end_deg_ - plot_.start_deg);
    }
    // Room for labels stays free over the highest point.
    double y_of(double intensity) const {
        return base_ - (base_ - top - (plot_.reflections.empty() ? 12 : 30)) * (intensity - low_) / (high_ - low_);
    }

    void head() {
        const std::string title = escaped(plot_.title);
        print(out_, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\"", width,
              height, width, height);
        out_ += " font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"14\">\n<title>" + title + "</title>\n";
        out_ += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
        print(out_, "<text x=\"%g\" y=\"%g\" font-size=\"19\" font-weight=\"600\" fill=\"%s\">", left, top - 20, ink);
        out_ += title + "</text>\n";
    }

    void intensity_axis() {
        const double step = nice_step(high_ - low_, 6);
        // Large and small numbers are shown as multiples of a power of ten that stands on the axis.
        const double largest = std::max(std::abs(high_), std::abs(low_));
        const int power = largest >= 1e5 || largest < 0.1 ? static_cast<int>(std::floor(std::log10(largest))) : 0;
        const double unit = std::pow(10.0, power);
        for (double value = std::ceil(low_ / step - 1e-9) * step; y_of(value) >= top + 6; value += step) {
            const double y = y_of(value);
            if (std::abs(value) < step * 1e-6) value = 0;
            print(out_, "<path d=\"M%g %.1fH%g\" stroke=\"#e4e6ea\"/><path d=\"M%g %.1fh-6\" stroke=\"%s\"/>", left, y, right, left, y,
                  ink);
            print(out_, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\" fill=\"%s\">%g</text>\n", left - 10, y + 5, ink, value / unit);
        }
        print(out_, "<text transform=\"translate(26 %.0f) rotate(-90)\" text-anchor=\"middle\" font-size=\"16\" fill=\"%s\">Intensity",
              (top + base_) / 2, ink);
        if (power) print(out_, " / 10<tspan dy=\"-6\" font-size=\"11\">%d</tspan>", power);
        out_ += "</text>\n";
    }

    void angle_axis() {
        const double range = end_deg_ - plot_.start_deg, step = nice_step(range, 12), minor = step / 5;
        const long first = std::lround(std::ceil(plot_.start_deg / minor - 1e-6)), last = std::lround(std::floor(end_deg_ / minor + 1e-6));
        for (long i = first; i <= last; ++i) {
            const double x = x_of(static_cast<double>(i) * minor);
            const bool major = i % 5 == 0;
            print(out_, "<path d=\"M%.1f %gv%d\" stroke=\"%s\"/>", x, bottom, major ? 7 : 4, ink);
            if (major)
                print(out_, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\" fill=\"%s\">%g</text>\n", x, bottom + 24, ink,
                      static_cast<double>(i) * minor);
        }
        print(out_, "\n<text x=\"%g\" y=\"%g\" text-anchor=\"middle\" font-size=\"16\" fill=\"%s\">", (left + right) / 2, bottom + 54, ink);
        out_ += "2<tspan font-style=\"italic\">\u03b8</tspan> / \u00b0</text>\n";
    }

    // Also lowers columns_ to the top of the curve, which labels stay above.
    void curve(const std::vector<float>& intensity, const char* colour, const char* dashes, bool filled) {
        std::string path;
        const std::size_t points = intensity.size();
        double first_x = left, last_x = left;  // of what is drawn
        auto column_of = [&](std::size_t i) { return static_cast<std::size_t>(x_of(angle(i)) - left); };
        auto add = [&](std::size_t i) {
            const double y = y_of(intensity[i]);
            last_x = x_of(angle(i));
            if (path.empty()) first_x = last_x;
            print(path, "%s%.1f %.1f", path.empty() ? (filled ? "" : "M") : "L", last_x, y);
            double& column = columns_[std::min(column_of(i), columns_.size() - 1)];
            column = std::min(column, y);
        };
        for (std::size_t i = 0; i < points;) {
            std::size_t low = points, high = points;
            const std::size_t begin = i, column = column_of(i);
            for (; i < points && (i == begin || column_of(i) == column); ++i) {
                if (!std::isfinite(intensity[i])) continue;
                if (low == points || intensity[i] < intensity[low]) low = i;
                if (high == points || intensity[i] > intensity[high]) high = i;
            }
            if (low == points) continue;
            add(std::min(low, high));
            if (low != high) add(std::max(low, high));
        }
        if (path.empty()) return;
        out_ += "<path d=\"";
        if (filled) print(out_, "M%.1f %.1fL", first_x, base_);
        out_ += path;
        if (filled) print(out_, "L%.1f %.1f", last_x, base_);
        print(out_, "\" fill=\"%s\" fill-opacity=\".1\" stroke=\"%s\" stroke-width=\"1.3\" stroke-linejoin=\"round\"%s/>\n",
              filled ? colour : "none", colour, dashes);
    }

    void reflection_ticks() {
        std::vector<long> half_pixels;
        for (const PlottedReflection& r : plot_.reflections)
            if (inside(r)) half_pixels.push_back(std::lround(2 * x_of(r.two_theta_deg)));
        std::sort(half_pixels.begin(), half_pixels.end());
        half_pixels.erase(std::unique(half_pixels.begin(), half_pixels.end()), half_pixels.end());
        print(out_, "<path d=\"M%g %.1fH%g\" stroke=\"%s\" stroke-width=\".7\"/><path d=\"", left, base_, right, ink);
        for (long x : half_pixels) print(out_, "M%g %.1fv%g", static_cast<double>(x) / 2, base_ + 10, tick_strip - 20);
        print(out_, "\" stroke=\"%s\" fill=\"none\"/>\n", ink);
    }

    // The strongest first; one that would hide another label, or stand far above its own line, is left out.
    void reflection_labels() {
        std::vector<std::size_t> order(plot_.reflections.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return plot_.reflections[a].intensity > plot_.reflections[b].intensity; });
        const double strongest = plot_.reflections[order.front()].intensity;
        std::vector<Box> placed;
        out_ += "<g font-size=\"12.5\" text-anchor=\"middle\" fill=\"#1a1a1a\">\n";
        for (std::size_t i : order) {
            const PlottedReflection& r = plot_.reflections[i];
            if (placed.size() == max_labels || !(r.intensity >= weakest_label * strongest)) break;
            if (!inside(r)) continue;
            const IndicesLabel label = indices_label(r);
            const double half = label.width / 2 + 3, x = std::clamp(x_of(r.two_theta_deg), left + half, right - half);
            const double floor = highest(x - half, x + half), own = highest(x - 7, x + 7);  // lines may be shifted
            const Box box{x - half, floor - 5 - label_height, x + half, floor - 5};
            if (own - floor > 6 || box.top < top) continue;
            if (std::any_of(placed.begin(), placed.end(), [&](const Box& other) { return other.overlaps(box); })) continue;
            placed.push_back(box);
            print(out_, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x, box.bottom - 2, label.text.c_str());
            for (double bar : label.bars)
                print(out_, "<path d=\"M%.1f %.1fh%g\" stroke=\"%s\"/>", x - label.width / 2 + bar + 0.9, box.bottom - 13.5,
                      digit_width - 1.8, ink);
            out_ += '\n';
        }
        out_ += "</g>\n";
    }

    void legend() {
        double y = top + 22;
        const std::size_t longest = std::max(plot_.legend.size(), plot_.second_legend.size());
        const double x = right - 62 - 8.0 * static_cast<double>(std::min<std::size_t>(longest, 60));
        print(out_, "<rect x=\"%.1f\" y=\"%g\" width=\"%.1f\" height=\"50\" fill=\"#fff\" fill-opacity=\".85\"/>\n", x - 10, top + 6,
              right - x + 2);
        for (const bool second : {false, true}) {
            print(out_, "<path d=\"M%.1f %.1fh34\" stroke=\"%s\" stroke-width=\"2\"%s/>", x, y - 5, second ? second_colour : curve_colour,
                  second ? " stroke-dasharray=\"5 3\"" : "");
            print(out_, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">", x + 44, y, ink);
            out_ += escaped(second ? plot_.second_legend : plot_.legend) + "</text>\n";
            y += 22;
        }
    }

    double angle(std::size_t i) const { return plot_.start_deg + plot_.step_deg * static_cast<double>(i); }
    bool inside(const PlottedReflection& r) const { return r.two_theta_deg >= plot_.start_deg && r.two_theta_deg <= end_deg_; }

    // Top of the curve between two abscissas.
    double highest(double from, double to) const {
        const auto last = static_cast<double>(columns_.size() - 1);
        const auto begin = static_cast<long>(std::clamp(from - left, 0.0, last)), end = static_cast<long>(std::clamp(to - left, 0.0, last));
        return *std::min_element(columns_.begin() + begin, columns_.begin() + end + 1);
    }

    const PatternPlot& plot_;
    double low_, high_, end_deg_, base_;
    std::vector<double> columns_;  // ordinate of the curve's top in every pixel column
    std::string out_;
};

}  // namespace

std::string svg(const PatternPlot& plot) { return Drawing(plot).draw(); }

void write_svg(const fs::path& file, const PatternPlot& plot) { write_text_file(file, svg(plot)); }

}  // namespace friedel
