"""Where things lie in the working tree. `make install` puts them there (see deploy/local/install.py)."""

from pathlib import Path

TREE = Path(__file__).resolve().parents[4]
STATE = TREE / ".griot"

KAFKA_JARS = STATE / "kafka"
KAFKA_CLASSES = KAFKA_JARS / "classes.jsa"
KAFKA_LOGGING = TREE / "deploy" / "local" / "kafka" / "log4j2.properties"
MONGO_PROGRAM = STATE / "servers" / "bin" / "secantusd-py"
