"""The fixtures of the daemon tests, for clients."""
import importlib.util
import sys
from pathlib import Path

DAEMON_TESTS = Path(__file__).parents[1] / "daemon"
sys.path[:0] = [str(DAEMON_TESTS), str(Path(__file__).parent)]

# another module of this name: pytest has ours as `conftest`
_spec = importlib.util.spec_from_file_location("daemon_conftest", DAEMON_TESTS / "conftest.py")
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

pytest_configure = _module.pytest_configure
pytest_runtest_makereport = _module.pytest_runtest_makereport
daemon = _module.daemon
