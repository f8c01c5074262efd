/* compat.h - every compiler attribute and #ifdef of the project, under a plain name. */
#ifndef YAGURA_BASE_COMPAT_H
#define YAGURA_BASE_COMPAT_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NO_RETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define CLEANUP(function) __attribute__((cleanup(function)))
#define ALWAYS_INLINE static inline __attribute__((always_inline)) /* so that a caller's TARGET holds inside as well */
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Checked arithmetic: true when the result did not fit. */
#define ADD_OVERFLOWS(a, b, out) __builtin_add_overflow((a), (b), (out))
#define MUL_OVERFLOWS(a, b, out) __builtin_mul_overflow((a), (b), (out))

/* Vector code is compiled for x86-64 next to the portable code and chosen at run time. */
#if defined(__x86_64__)
#define HAVE_X86_VECTORS 1
#define TARGET(features) __attribute__((target(features)))
#else
#define HAVE_X86_VECTORS 0
#define TARGET(features)
#endif

/* The leak checker looks into its own process by ptrace, which one that may not be dumped forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif
#ifndef HAS_LEAK_CHECK
#define HAS_LEAK_CHECK 0
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
