/* Compiler attributes by name. The only place that spells __attribute__. */
#ifndef ASTRAD_BASE_ATTR_H
#define ASTRAD_BASE_ATTR_H

#define MUST_USE               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define RETURNS_NONNULL        __attribute__((returns_nonnull))
#define NORETURN               __attribute__((noreturn))
#define EXPORT                 __attribute__((visibility("default")))
#define UNUSED                 __attribute__((unused))

/* AUTO(buf) struct buf b = {0}; calls auto_buf(&b) when b leaves its scope. */
#define AUTO(kind) __attribute__((cleanup(auto_##kind)))

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
