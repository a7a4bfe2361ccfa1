/* section.h: a report without anything in it, for tests of a section. */
#ifndef TESTS_SECTION_H
#define TESTS_SECTION_H

#include "applets/gmr/sections.h"
#include "core/procfs.h"

static struct procfs proc;
static struct target target;
static struct gmr_report report;

static inline void set_up(void)
{
	report = (struct gmr_report){ .tree = VALUE_TREE(64 << 20) };
	report.denied = value_add_list(&report.tree, &report.tree.root, "denied");
	report.notes = value_add_list(&report.tree, &report.tree.root, "notes");
	target = (struct target){ .dir = -1, .root = -1, .ref = PIDREF_NONE };
}

static inline void tear_down(void)
{
	value_tree_done(&report.tree);
	target_done(&target);
	procfs_done(&proc);
}

#endif
