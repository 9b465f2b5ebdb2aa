// Memory behind Reflections and Sites on the CPU. It grows to the largest crystal it has met and keeps what it has.
#pragma once

#include <vector>

#include "kernels/structure_factor.h"

namespace friedel {

template <class Real>
struct ReflectionStorage {
    std::vector<std::int16_t> h, k, l, multiplicity;
    std::vector<Real> stol_sq, intensity;

    // Room for n; what it held is lost where it grows.
    void reserve(int n) {
        if (n <= capacity()) return;
        for (auto* values : {&h, &k, &l, &multiplicity}) values->resize(static_cast<std::size_t>(n));
        for (auto* values : {&stol_sq, &intensity}) values->resize(static_cast<std::size_t>(n));
    }
    int capacity() const { return static_cast<int>(h.size()); }
    // None of them, and room for all; good until reserve().
    Reflections<Real> view() {
        return {h.data(), k.data(), l.data(), multiplicity.data(), stol_sq.data(), intensity.data(), capacity(), 0};
    }
};

template <class Real>
struct SiteStorage {
    std::vector<Real> x, y, z;
    std::vector<std::int32_t> first;

    void reserve(int sites, int atoms) {
        if (static_cast<std::size_t>(sites) > x.size()) {
            for (auto* values : {&x, &y, &z}) values->resize(static_cast<std::size_t>(sites));
        }
        if (static_cast<std::size_t>(atoms) >= first.size()) first.resize(static_cast<std::size_t>(atoms) + 1);
    }
    Sites<Real> view() { return {x.data(), y.data(), z.data(), first.data()}; }
};

}  // namespace friedel
