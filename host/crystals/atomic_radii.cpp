#include "host/crystals/atomic_radii.h"

#include <array>
#include <cmath>
#include <numbers>

#include "host/crystals/elements.h"
#include "host/support/error.h"

namespace friedel {

namespace {

constexpr std::array<float, elements> radii = {
    0.31f, 0.28f, 1.28f, 0.96f, 0.84f, 0.76f, 0.71f, 0.66f, 0.57f, 0.58f, 1.66f, 1.41f, 1.21f, 1.11f, 1.07f, 1.05f, 1.02f,
    1.06f, 2.03f, 1.76f, 1.70f, 1.60f, 1.53f, 1.39f, 1.39f, 1.32f, 1.26f, 1.24f, 1.32f, 1.22f, 1.22f, 1.20f, 1.19f, 1.20f,
    1.20f, 1.16f, 2.20f, 1.95f, 1.90f, 1.75f, 1.64f, 1.54f, 1.47f, 1.46f, 1.42f, 1.39f, 1.45f, 1.44f, 1.42f, 1.39f, 1.39f,
    1.38f, 1.39f, 1.40f, 2.44f, 2.15f, 2.07f, 2.04f, 2.03f, 2.01f, 1.99f, 1.98f, 1.98f, 1.96f, 1.94f, 1.92f, 1.92f, 1.89f,
    1.90f, 1.87f, 1.87f, 1.75f, 1.70f, 1.62f, 1.51f, 1.44f, 1.41f, 1.36f, 1.36f, 1.32f, 1.45f, 1.46f, 1.48f, 1.40f, 1.50f,
    1.50f, 2.60f, 2.21f, 2.15f, 2.06f, 2.00f, 1.96f, 1.90f, 1.87f, 1.80f, 1.69f, 1.68f, 1.68f,
};

}  // namespace

float covalent_radius(int element) {
    if (element < 1 || element > elements) fail("there is no radius of element ", element);
    return radii[element - 1];
}

float rough_atomic_volume(int element) {
    const float r = covalent_radius(element) + 0.5f;
    return static_cast<float>(4 * std::numbers::pi / 3) * r * r * r;
}

}  // namespace friedel
