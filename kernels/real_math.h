// Elementary functions that vectorise: polynomials in float for the simulation, in double for peak lists, where a loop needs them.
// Coefficients interpolate at Chebyshev nodes on the reduced interval; errors stand where they matter.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/block.h"

namespace friedel {

constexpr float pi_f = 3.14159265358979f;
constexpr double pi_d = 3.14159265358979323846;
constexpr double sqrt_two_pi = 2.50662827463100050242;
constexpr double ln_2 = 0.69314718055994530942;
// Of a Gaussian of full width w at half maximum: exp(-four_ln_2 x^2 / w^2), its standard deviation w / fwhm_per_sigma.
constexpr double four_ln_2 = 4 * ln_2, fwhm_per_sigma = 2.35482004503094938202;  // sqrt(8 ln 2)
// The bin of a point widens what falls into it: the square of the full width of a Gaussian of a step's variance, 1/12, in steps.
constexpr float step_variance = static_cast<float>(8 * ln_2 / 12);
template <class Real>
constexpr Real degree = static_cast<Real>(pi_d / 180.0);

FRIEDEL_FN float float_from_bits(std::int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

FRIEDEL_FN std::int32_t bits_of(float value) {
    std::int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Nearest whole number for |x| < 2^22: two additions where a call would keep the loop from vectorising.
FRIEDEL_FN float nearest(float x) {
    constexpr float shift = 12582912.0f;  // 1.5 * 2^23
    return (x + shift) - shift;
}

FRIEDEL_FN float square_root(float x) { return sqrtf(x); }
FRIEDEL_FN double square_root(double x) { return sqrt(x); }

// cos and sin of 2 pi q, |q| <= 1/4; z = q^2.
FRIEDEL_LANE_FN float cosine_near_zero(float z) {
    return 0.9999999998f + z * (-19.73920855f + z * (64.93934648f + z * (-85.45356476f + z * (60.14388954f + z * -24.98143432f))));
}
FRIEDEL_LANE_FN float sine_near_zero(float q, float z) {
    return q * (6.283185307f + z * (-41.34170212f + z * (81.60522617f + z * (-76.70427987f + z * (42.00977922f + z * -14.39396588f)))));
}

// cos and sin of 2 pi t, t in turns, |t| < 2^22. Float: error 6e-8, plus that of t itself.
template <class Real>
struct SinCos {
    Real cosine, sine;
};
FRIEDEL_LANE_FN SinCos<float> sincos_turns(float t) {
    const float r = t - nearest(t);
    const bool far = fabsf(r) > 0.25f;
    const float q = far ? (r < 0 ? -0.5f : 0.5f) - r : r;
    const float z = q * q, c = cosine_near_zero(z);
    return {far ? -c : c, sine_near_zero(q, z)};
}
// The cosine alone needs no sign.
FRIEDEL_LANE_FN float cos_turns(float t) {
    const float r = fabsf(t - nearest(t));
    const bool far = r > 0.25f;
    const float q = far ? 0.5f - r : r, c = cosine_near_zero(q * q);
    return far ? -c : c;
}

// Double: |t| < 2^50, error 2e-16 beside that of t.
FRIEDEL_FN double nearest(double x) {
    constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52
    return (x + shift) - shift;
}

FRIEDEL_FN double cos_turns(double t) {
    const double r = fabs(t - nearest(t));
    const bool far = r > 0.25;
    const double q = far ? 0.5 - r : r;
    const double z = q * q;
    const double c =
        1.0 + z * (-19.7392088021787172 +
                   z * (64.9393940226682807 +
                        z * (-85.4568172066915177 +
                             z * (60.2446413716467251 +
                                  z * (-26.4262567696311952 +
                                       z * (7.90353587110393788 +
                                            z * (-1.71437943713827034 + z * (0.281852259384350928 + z * -0.0352196046381467584))))))));
    return far ? -c : c;
}

FRIEDEL_FN double sin_turns(double t) {
    const double r = t - nearest(t);
    const double q = r > 0.25 ? 0.5 - r : (r < -0.25 ? -0.5 - r : r);
    const double z = q * q;
    return q * (6.28318530717958648 +
                z * (-41.3417022403997569 +
                     z * (81.6052492760736152 +
                          z * (-76.7058597528249192 +
                               z * (42.0586939254286823 +
                                    z * (-15.0946416761179001 +
                                         z * (3.8199280942271642 + z * (-0.717733792141345331 + z * 0.100896955016468112))))))));
}

FRIEDEL_FN SinCos<double> sincos_turns(double t) { return {cos_turns(t), sin_turns(t)}; }

// e^x; float: relative error 1e-7 where a product and a sum are rounded once, as all optimised builds do, 3e-6 otherwise; 0 below -87.
// On a GPU the special-function unit does it with a relative error of (2 + 1.2 |x|) 6e-8, in a third of the instructions.
FRIEDEL_FN float exponential(float x) {
#if defined(__CUDA_ARCH__)
    const float power = __expf(x > 88.0f ? 88.0f : x);
    return x < -87.0f ? 0.0f : power;
#else
    const float clamped = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
    const float t = clamped * 1.44269504f;
    const float n = nearest(t);
    const float f = t - n;
    const float p =
        1.0f + f * (0.6931472067f +
                    f * (0.2402265092f + f * (0.05550327227f + f * (0.009618056678f + f * (0.001340042818f + f * 0.0001546144472f)))));
    const float power = float_from_bits((static_cast<std::int32_t>(n) + 127) << 23);
    return x < -87.0f ? 0.0f : p * power;
#endif
}

// Double: relative error 3e-16, 0 below -708.
FRIEDEL_FN double exponential(double x) {
    const double clamped = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
    constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52: the low bits of a sum with it are the nearest whole number
    const double shifted = clamped * 1.44269504088896341 + shift;
    const double n = shifted - shift;
    const double f =
        clamped - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10;  // ln 2 in two parts, n times the first is exact
    const double p =
        1.0 + f * (1.0 + f * (0.500000000000001839 +
                              f * (0.166666666666666808 +
                                   f * (0.0416666666664880955 +
                                        f * (0.00833333333331960061 +
                                             f * (0.00138888889523147747 +
                                                  f * (0.000198412698900471137 +
                                                       f * (2.48014854823284924e-5 +
                                                            f * (2.75572409185789698e-6 +
                                                                 f * (2.76326396390410297e-7 + f * 2.51100376059637777e-8))))))))));
    std::uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return x < -708.0 ? 0.0 : p * power;
}

// asin x for 0 <= x <= 1; error 3e-16.
FRIEDEL_FN double arc_sine(double x) {
    const bool steep = x > 0.5;  // asin x = pi / 2 - 2 asin sqrt((1 - x) / 2)
    const double z = steep ? 0.5 - 0.5 * x : x * x;
    const double t = steep ? square_root(z) : x;
    const double p =
        t + t * z *
                (0.166666666666666486 +
                 z * (0.0750000000002076436 +
                      z * (0.0446428571034236434 +
                           z * (0.0303819473670984811 +
                                z * (0.0223720476317445104 +
                                     z * (0.0173552599557863217 +
                                          z * (0.0139296529023266332 +
                                               z * (0.0118754943826369232 +
                                                    z * (0.00780294947735331714 +
                                                         z * (0.0160355143491488231 +
                                                              z * (-0.0107490503396978076 + z * 0.0281692180608814129)))))))))));
    return steep ? 0.5 * pi_d - 2 * p : p;
}

// ln x for normal x > 0; relative error 1e-7 except near 1 (absolute 4e-8).
FRIEDEL_FN float logarithm(float x) {
    const std::int32_t offset = bits_of(x) - 0x3f3504f3;  // of sqrt(1/2)
    const std::int32_t exponent = offset >> 23;
    const float f = float_from_bits(bits_of(x) - (exponent << 23)) - 1.0f;
    const float p =
        0.9999999741f +
        f * (-0.4999999638f +
             f * (0.3333419329f +
                  f * (-0.2500135219f +
                       f * (0.1995593336f + f * (-0.165779929f + f * (0.1497740128f + f * (-0.1426925819f + f * 0.0853331305f)))))));
    return static_cast<float>(exponent) * 0.69314718f + f * p;
}

// atan x; absolute error 2e-8 of the polynomial.
FRIEDEL_FN float arc_tangent(float x) {
    const float size = fabsf(x);
    const bool steep = size > 1.0f;
    const float t = steep ? 1.0f / size : size;
    const float z = t * t;
    const float p =
        t *
        (0.9999999818f +
         z * (-0.3333303671f +
              z * (0.1999187203f +
                   z * (-0.1419779779f +
                        z * (0.1061837063f + z * (-0.07456854814f + z * (0.04213762345f + z * (-0.01573124904f + z * 0.00276628348f))))))));
    const float a = steep ? 0.5f * pi_f - p : p;
    return x < 0 ? -a : a;
}
FRIEDEL_FN double arc_tangent(double x) { return atan(x); }

// erf x, Abramowitz and Stegun 7.1.26; absolute error 1.5e-7.
FRIEDEL_FN float error_function(float x) {
    const float size = fabsf(x);
    const float t = 1.0f / (1.0f + 0.3275911f * size);
    const float p = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    const float e = 1.0f - p * exponential(-size * size);
    return x < 0 ? -e : e;
}
FRIEDEL_FN double error_function(double x) { return erf(x); }

// Quantile of the standard normal distribution, u in (0, 1): sqrt(2) erfinv(2u - 1) (Giles 2011, single precision).
FRIEDEL_FN float normal_quantile(float u) {
    const float x = 2 * u - 1;
    const float w = -logarithm(4 * u * (1 - u));
    const float c = w - 2.5f;
    const float centre =
        1.50140941f +
        c * (0.246640727f + c * (-0.00417768164f +
                                 c * (-0.00125372503f +
                                      c * (0.00021858087f +
                                           c * (-4.39150654e-06f + c * (-3.5233877e-06f + c * (3.43273939e-07f + c * 2.81022636e-08f)))))));
    const float t = square_root(w > 5 ? w : 5.0f) - 3;
    const float tail =
        2.83297682f +
        t * (1.00167406f +
             t * (0.00943887047f +
                  t * (-0.0076224613f + t * (0.00573950773f + t * (-0.00367342844f +
                                                                   t * (0.00134934322f + t * (0.000100950558f + t * -0.000200214257f)))))));
    return 1.41421356f * x * (w < 5 ? centre : tail);
}

}  // namespace friedel
