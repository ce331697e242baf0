/*
 * Named points of every commit, wire write and rename. In the release build HOOK() is nothing; in
 * the test-hooks build (-Dtest_hooks=true) the environment ASTRAD_HOOK="name:count[:action]" makes
 * the count-th passage of a point (1 is the first; all threads count together) kill the process
 * (`kill`: SIGKILL, the default) or stop it (`stop`: SIGSTOP, the test sees it by waitpid and goes
 * on by SIGCONT). A value that is not of this form aborts at the first point. A test proves that
 * the release binary holds no hook.
 */
#ifndef ASTRAD_BASE_HOOK_H
#define ASTRAD_BASE_HOOK_H

#ifdef ASTRAD_TEST_HOOKS
void hook_pass(const char *name);
#define HOOK(name) hook_pass(name)
#else
#define HOOK(name) ((void)0)
#endif

#endif
