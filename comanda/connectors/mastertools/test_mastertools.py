from comanda.connectors import recognise
from comanda.connectors.custom.connector import Custom
from comanda.connectors.custom.test_custom import Family
from comanda.connectors.mastertools.connector import MasterTools


class TestContract(Family):
    """A preset: it reads what the custom builder reads, under a name of its own."""

    connector = MasterTools()

    def test_is_a_custom_builder_by_its_own_name(self) -> None:
        assert (self.connector.name, self.connector.label, self.connector.mappable) == (
            "mastertools",
            "MasterTools",
            True,
        )
        assert type(recognise(self.good())) is Custom
        assert not self.connector.secret_url
