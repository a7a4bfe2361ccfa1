"""A report by oslo.reports, and what it was made of.

gmr_oslo.py live|fixed TEXT PACKED: writes the report as oslo.reports has it to TEXT, and its models, in the order of
that text and packed as core/value_pack.c says, to PACKED. live: this process; fixed: what procguard shows otherwise.
"""
import collections
import struct
import subprocess
import sys
import threading

from oslo_config import cfg
from oslo_reports import report
from oslo_reports.generators import conf as conf_generator
from oslo_reports.generators import process as process_generator
from oslo_reports.generators import threading as thread_generator
from oslo_reports.generators import version as version_generator
from oslo_reports.models import process as process_model
from oslo_reports.models import threading as thread_model
from oslo_reports.models import with_default_views
from oslo_reports.views.text import generic

Ids = collections.namedtuple('Ids', 'real effective saved')


class Version:
    def vendor_string(self):
        return 'ACME'

    def product_string(self):
        return 'Prod'

    def version_string_with_package(self):
        return '1.0-3'


class Process:
    """As psutil's."""

    def __init__(self, pid, children=()):
        self.pid = pid
        self._children = children

    def ppid(self):
        return self.pid - 1

    def uids(self):
        return Ids(33, 34, 35)

    gids = uids

    def username(self):
        return 'www-data'

    def cmdline(self):
        return ['sleep', '1']

    def status(self):
        return 'disk-sleep'

    def children(self):
        return list(self._children)


def config():
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt('crackers', default='triscuit'),
                        cfg.StrOpt('secrets', secret=True, default='should not show')], group='cheese')
    conf.register_opts([cfg.IntOpt('zig', default=1), cfg.StrOpt('none'), cfg.BoolOpt('yes', default=True),
                        cfg.ListOpt('list', default=['a', 'b'])])
    conf([], project='t', default_config_files=[])
    return conf


def several(models):
    return with_default_views.ModelWithDefaultViews(models, text_view=generic.MultiView())


def stack(model, *lines):
    names = ('filename', 'line', 'name', 'code')
    model['stack_trace']['lines'] = [dict(zip(names, line)) for line in lines]
    return model


def live():
    yield 'Package', version_generator.PackageReportGenerator(Version())()
    yield 'Threads', thread_generator.ThreadReportGenerator()()
    yield 'Green Threads', several([thread_model.GreenThreadModel(sys._getframe())])
    yield 'Processes', process_generator.ProcessReportGenerator()()
    yield 'Configuration', conf_generator.ConfigReportGenerator(config())()
    yield 'Ünicode', 'foo'
    yield 'x' * 70, with_default_views.ModelWithDefaultViews({'b': {'d': 1, 'c': []}, 'a': [['x'], 'y']})


def fixed():
    empty = stack(thread_model.ThreadModel(1, None), ('/a.py', 1, 'f', ''), ('/b.py', 22, 'g', None))
    yield 'Threads', several([empty, thread_model.ThreadModel(22, None)])
    yield 'Green Threads', several([])
    yield 'Processes', process_model.ProcessModel(Process(4, [Process(5, [Process(6)]), Process(7)]))
    yield 'Configuration', with_default_views.ModelWithDefaultViews(
        {'default': {'list': ['z', 'a']}}, text_view=generic.KeyValueView(dict_sep=': ', before_dict=''))


def ordered(title, model):
    """As the values of the report are: threads are a list, in the order of their texts."""
    if title.endswith('Threads'):
        model.set_current_view_type('text')
        return sorted(model.values(), key=str)
    return model


def pack_text(text):
    data = text.encode()
    return struct.pack('=I', len(data)) + data


def pack(value):
    if value is None or isinstance(value, bool):
        return {None: b'n', True: b't', False: b'f'}[value]
    if isinstance(value, int):
        return b'i' + struct.pack('=q', value)
    if isinstance(value, collections.abc.Mapping):
        items = [pack_text(key) + pack(value[key]) for key in value]
        return b'm' + struct.pack('=I', len(items)) + b''.join(items)
    if isinstance(value, (list, tuple)):
        items = [pack(item) for item in value]
        return b'l' + struct.pack('=I', len(items)) + b''.join(items)
    return b's' + pack_text(str(value))


def main(which, text_file, packed_file):
    child = subprocess.Popen(['sleep', '100'])
    done = threading.Event()
    threading.Thread(target=done.wait, daemon=True).start()
    try:
        sections = list({'live': live, 'fixed': fixed}[which]())
    finally:
        done.set()
        child.kill()
        child.wait()
    text = report.TextReport('Guru Meditation')
    for title, model in sections:
        text.add_section(title, lambda model=model: model)
    with open(text_file, 'w', encoding='utf-8') as file:
        print(text.run(), file=file)
    with open(packed_file, 'wb') as file:
        file.write(pack({title: ordered(title, model) for title, model in sections}))


main(*sys.argv[1:])
