"""Towns and regions as customers really write them; every expected town is the one the parcel must go to."""

import pytest

from comanda.orders.places import FOLDER, City, CityMatch, Region, find_city, find_region, fold, load

COUNTRIES = sorted(path.stem for path in FOLDER.glob("*.json"))

# Capital of each region: the proof that GeoNames's codes were mapped to the right ISO codes.
CAPITALS = {
    "CO": "AMA Leticia|ANT Medellín|ARA Arauca|ATL Barranquilla|BOL Cartagena|BOY Tunja|CAL Manizales|CAQ Florencia"
    "|CAS Yopal|CAU Popayán|CES Valledupar|CHO Quibdó|COR Montería|CUN Soacha|DC Bogotá|GUA Inírida"
    "|GUV San José del Guaviare|HUI Neiva|LAG Riohacha|MAG Santa Marta|MET Villavicencio|NAR Pasto|NSA Cúcuta"
    "|PUT Mocoa|QUI Armenia|RIS Pereira|SAN Bucaramanga|SAP San Andrés|SUC Sincelejo|TOL Ibagué|VAC Cali|VAU Mitú"
    "|VID Puerto Carreño",
    "MX": "AGU Aguascalientes|BCN Mexicali|BCS La Paz|CAM Campeche|CHH Chihuahua|CHP Tuxtla Gutiérrez"
    "|CMX Ciudad de México|COA Saltillo|COL Colima|DUR Durango|GRO Chilpancingo|GUA Guanajuato|HID Pachuca"
    "|JAL Guadalajara|MEX Toluca|MIC Morelia|MOR Cuernavaca|NAY Tepic|NLE Monterrey|OAX Oaxaca de Juárez|PUE Puebla"
    "|QUE Querétaro|ROO Chetumal|SIN Culiacán|SLP San Luis Potosí|SON Hermosillo|TAB Villahermosa"
    "|TAM Ciudad Victoria|TLA Tlaxcala|VER Xalapa|YUC Mérida|ZAC Zacatecas",
    "PE": "AMA Chachapoyas|ANC Huaraz|APU Abancay|ARE Arequipa|AYA Ayacucho|CAJ Cajamarca|CAL Callao|CUS Cusco"
    "|HUC Huánuco|HUV Huancavelica|ICA Ica|JUN Huancayo|LAL Trujillo|LAM Chiclayo|LIM Lima|LOR Iquitos"
    "|MDD Puerto Maldonado|MOQ Moquegua|PAS Cerro de Pasco|PIU Piura|PUN Puno|SAM Moyobamba|TAC Tacna|TUM Tumbes"
    "|UCA Pucallpa",
    "EC": "A Cuenca|B Guaranda|C Tulcán|D Puerto Francisco de Orellana|E Esmeraldas|F Azogues|G Guayaquil|H Riobamba"
    "|I Ibarra|L Loja|M Portoviejo|N Tena|O Machala|P Quito|R Babahoyo|S Macas|SD Santo Domingo|SE Santa Elena"
    "|T Ambato|U Nueva Loja|W Puerto Baquerizo Moreno|X Latacunga|Y Puyo|Z Zamora",
    "CL": "AI Coyhaique|AN Antofagasta|AP Arica|AR Temuco|AT Copiapó|BI Concepción|CO La Serena|LI Rancagua"
    "|LL Puerto Montt|LR Valdivia|MA Punta Arenas|ML Talca|NB Chillán|RM Santiago|TA Iquique|VS Valparaíso",
    "AR": "A Salta|B La Plata|C Buenos Aires|D San Luis|E Paraná|F La Rioja|G Santiago del Estero|H Resistencia"
    "|J San Juan|K Catamarca|L Santa Rosa|M Mendoza|N Posadas|P Formosa|Q Neuquén|R Viedma|S Rosario"
    "|T San Miguel de Tucumán|U Rawson|V Ushuaia|W Corrientes|X Córdoba|Y San Salvador de Jujuy|Z Río Gallegos",
    "GT": "01 Guatemala|03 Antigua Guatemala|09 Quetzaltenango|13 Huehuetenango|16 Cobán|18 Puerto Barrios",
    "DO": "01 Santo Domingo|25 Santiago|18 Puerto Plata|11 Higüey|13 La Vega|23 San Pedro de Macorís",
    "BR": "SP São Paulo|RJ Rio de Janeiro|MG Belo Horizonte|BA Salvador|PR Curitiba|RS Porto Alegre|PE Recife",
    "ES": "MD Madrid|CT Barcelona|VC Valencia|AN Sevilla|AR Zaragoza|GA Vigo|PV Bilbao|CN Las Palmas de Gran Canaria",
}


def match(country: str, text: str, region: str) -> CityMatch:
    found = find_region(country, region) if region else None
    assert bool(region) == bool(found), region
    return find_city(country, text, found)


def town(city: City | None) -> tuple[str, str]:
    assert city is not None
    return city.name, city.region.code


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Medellín, ", "medellin"),
        ("Bogotá D.C.", "bogota dc"),
        ("BOGOTÁ  D. C.", "bogota dc"),
        ("Nariño", "narino"),
        ("O’Higgins", "ohiggins"),
        ("N. de Santander", "n de santander"),
        ("San\tJosé_del-Guaviare", "san jose del guaviare"),
        ("Medelli\u0301n", "medellin"),
        (" ., ", ""),
        ("麦德林", "麦德林"),
    ],
)
def test_fold(text: str, key: str) -> None:
    assert fold(text) == key


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("CO", "CO-ANT", "ANT"),
        ("CO", "ant", "ANT"),
        ("CO", "ANTIOQUIA ", "ANT"),
        ("CO", "Antioqia", "ANT"),
        ("CO", "Antioquia, Colombia", "ANT"),
        ("CO", "Dpto. de Antioquia", "ANT"),
        ("CO", "Departamento del Atlántico", "ATL"),
        ("CO", "Valle", "VAC"),
        ("CO", "Valle del Cauca", "VAC"),
        ("CO", "Cauca", "CAU"),
        ("CO", "Bogotá D.C.", "DC"),
        ("CO", "Bogotá, D.C.", "DC"),
        ("CO", "Distrito Capital de Bogotá", "DC"),
        ("CO", "DC", "DC"),
        ("CO", "N. de Santander", "NSA"),
        ("CO", "Norte de Santander", "NSA"),
        ("CO", "Santander", "SAN"),
        ("CO", "Guajira", "LAG"),
        ("CO", "San Andrés", "SAP"),
        ("CO", "Cundinamraca", "CUN"),
        ("MX", "DF", "CMX"),
        ("MX", "CDMX", "CMX"),
        ("MX", "Q ROO", "ROO"),
        ("MX", "Estado de México", "MEX"),
        ("MX", "Edo. de México", "MEX"),
        ("MX", "Coahuila", "COA"),
        ("MX", "Veracruz", "VER"),
        ("PE", "Lima (Metropolitana)", "LIM"),
        ("PE", "Callao", "CAL"),
        ("CL", "RM", "RM"),
        ("CL", "Región del Biobío", "BI"),
        ("CL", "Bio Bio", "BI"),
        ("CL", "O'Higgins", "LI"),
        ("EC", "Provincia de Pichincha", "P"),
        ("AR", "CABA", "C"),
        ("GT", "GUA", "01"),
        ("ES", "Barcelona", "CT"),
        ("ES", "SE", "AN"),
    ],
)
def test_region(country: str, text: str, code: str) -> None:
    region = find_region(country, text)
    assert region is not None
    assert region.code == code


@pytest.mark.parametrize("text", ["", "Texas", "Amazonia Norte", "Meto", "X", "Norte"])
def test_no_region(text: str) -> None:
    assert find_region("CO", text) is None


@pytest.mark.parametrize(
    ("country", "code", "name"),
    [(country, *pair.split(" ", 1)) for country, row in CAPITALS.items() for pair in row.split("|")],
)
def test_capitals_lie_in_their_region(country: str, code: str, name: str) -> None:
    found = match(country, name, code)
    assert found.kind == "exact"
    assert found.city is not None
    assert found.city.region.code == code
    assert match(country, fold(name).upper(), code) == found


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_loads(country: str) -> None:
    places = load(country)
    assert places is not None
    for region in set(places.regions.values()):
        assert places.by_region[region.code]
        assert find_region(country, f"{country}-{region.code}") == find_region(country, region.name) == region


def test_colombia_is_complete() -> None:
    places = load("CO")
    assert places is not None
    assert len(places.by_region) == 33
    assert len({city for cities in places.towns.values() for city in cities}) > 1122


def test_every_colombian_town_is_itself() -> None:
    places = load("CO")
    assert places is not None
    for city in {city for cities in places.towns.values() for city in cities}:
        assert find_city("CO", city.name, city.region) == CityMatch("exact", city)


@pytest.mark.parametrize(
    ("country", "text", "region", "expected"),
    [
        ("CO", " medellin ", "Antioquia", ("Medellín", "ANT")),
        ("CO", "Medellin - Antioquia", "", ("Medellín", "ANT")),
        ("CO", "MEDELLIN/ANTIOQUIA", "Antioquia", ("Medellín", "ANT")),
        ("CO", "Medellín, Antioquia, Colombia", "Antioquia", ("Medellín", "ANT")),
        ("CO", "Medellin Antioquia", "ANT", ("Medellín", "ANT")),
        ("CO", "Medellín,", "", ("Medellín", "ANT")),
        ("CO", "Bogotá D.C.", "", ("Bogotá", "DC")),
        ("CO", "Bogota dc", "Bogotá D.C.", ("Bogotá", "DC")),
        ("CO", "Bogotá, Colombia", "DC", ("Bogotá", "DC")),
        ("CO", "Suba, Bogotá", "", ("Bogotá", "DC")),
        ("CO", "Chapinero Alto, Bogotá", "DC", ("Bogotá", "DC")),
        ("CO", "Kennedy", "DC", ("Bogotá", "DC")),
        ("CO", "Cali (Valle)", "", ("Cali", "VAC")),
        ("CO", "Cali, Valle, Colombia", "Valle", ("Cali", "VAC")),
        ("CO", "Santiago de Cali", "Valle del Cauca", ("Cali", "VAC")),
        ("CO", "Guadalajara de Buga", "Valle", ("Guadalajara de Buga", "VAC")),
        ("CO", "Buga", "Valle", ("Guadalajara de Buga", "VAC")),
        ("CO", "municipio de Soacha", "Cundinamarca", ("Soacha", "CUN")),
        ("CO", "Comuneros (Dosquebradas)", "Risaralda", ("Dosquebradas", "RIS")),
        ("CO", "El Rodadero, Santa Marta", "Magdalena", ("Santa Marta", "MAG")),
        ("CO", "Sta. Marta", "Magdalena", ("Santa Marta", "MAG")),
        ("CO", "Pto Boyacá", "Boyacá", ("Puerto Boyacá", "BOY")),
        ("CO", "San José de Cúcuta", "N. de Santander", ("Cúcuta", "NSA")),
        ("CO", "Cartagena de Indias", "Bolívar", ("Cartagena", "BOL")),
        ("CO", "Armenia", "Quindio", ("Armenia", "QUI")),
        ("CO", "Armenia, Quindío", "", ("Armenia", "QUI")),
        ("CO", "Rionegro", "Antioquia", ("Rionegro", "ANT")),
        ("CO", "Bolívar, Cauca", "", ("Bolívar", "CAU")),
        ("CO", "Carmen de Viboral", "Antioquia", ("El Carmen de Viboral", "ANT")),
        ("CO", "El Peñol", "Antioquia", ("Peñol", "ANT")),
        ("CO", "Darién", "Valle", ("Calima", "VAC")),
        ("CO", "Mompox", "Bolívar", ("Santa Cruz de Mompox", "BOL")),
        ("CO", "Providencia", "San Andrés", ("Providencia", "SAP")),
        ("MX", "CDMX", "DF", ("Ciudad de México", "CMX")),
        ("MX", "Iztapalapa, CDMX", "", ("Iztapalapa", "CMX")),
        ("MX", "Cancun, Q. Roo", "Q ROO", ("Cancún", "ROO")),
        ("MX", "Ecatepec", "Edo. Mex.", ("Ecatepec de Morelos", "MEX")),
        ("MX", "Jalapa", "VER", ("Xalapa de Enríquez", "VER")),
        ("CL", "Ñuñoa", "Región Metropolitana", ("Ñuñoa", "RM")),
        ("CL", "Las Condes", "RM", ("Las Condes", "RM")),
        ("CL", "Pto. Montt", "Los Lagos", ("Puerto Montt", "LL")),
        ("PE", "Lima", "LMA", ("Lima", "LIM")),
        ("PE", "San Juan de Lurigancho", "Lima", ("San Juan de Lurigancho", "LIM")),
        ("EC", "Guayaquil - Guayas", "", ("Guayaquil", "G")),
        ("EC", "Santo Domingo", "SD", ("Santo Domingo de los Colorados", "SD")),
    ],
)
def test_exact(country: str, text: str, region: str, expected: tuple[str, str]) -> None:
    found = match(country, text, region)
    assert (found.kind, town(found.city)) == ("exact", expected)


@pytest.mark.parametrize(
    ("country", "text", "region", "expected"),
    [
        ("CO", "Medelin", "Antioquia", ("Medellín", "ANT")),
        ("CO", "Medelin", "", ("Medellín", "ANT")),
        ("CO", "Barranquila", "Atlántico", ("Barranquilla", "ATL")),
        ("CO", "Baranquila", "Atlántico", ("Barranquilla", "ATL")),
        ("CO", "Bucramanga", "Santander", ("Bucaramanga", "SAN")),
        ("CO", "Bucramanga, Santander", "", ("Bucaramanga", "SAN")),
        ("CO", "Villavisencio", "Meta", ("Villavicencio", "MET")),
        ("CO", "Balledupar", "Cesar", ("Valledupar", "CES")),
        ("CO", "Cartajena", "Bolívar", ("Cartagena", "BOL")),
        ("CO", "Envisado", "Antioquia", ("Envigado", "ANT")),
        ("CO", "Dos quebradas", "Risaralda", ("Dosquebradas", "RIS")),
        ("CO", "Rio Negro", "Antioquia", ("Rionegro", "ANT")),
        ("CO", "Puerto Lopes", "Meta", ("Puerto López", "MET")),
        ("CO", "Carmen de Bolívar", "Bolívar", ("El Carmen de Bolívar", "BOL")),
        ("CO", "Bogotá", "Cundinamarca", ("Bogotá", "DC")),
        ("CO", "Bogotá D.C.", "Cundinamarca", ("Bogotá", "DC")),
        ("CO", "Bogotá, Cundinamarca", "", ("Bogotá", "DC")),
        ("MX", "Guadalajra", "Jalisco", ("Guadalajara", "JAL")),
        ("MX", "Monterey", "Nuevo León", ("Monterrey", "NLE")),
        ("CL", "Antofagsta", "Antofagasta", ("Antofagasta", "AN")),
        ("PE", "Cuzco", "Cusco", ("Cusco", "CUS")),
        ("EC", "Guayakil", "Guayas", ("Guayaquil", "G")),
    ],
)
def test_mended(country: str, text: str, region: str, expected: tuple[str, str]) -> None:
    found = match(country, text, region)
    assert (found.kind, town(found.city)) == ("mended", expected)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("Armenia", "", {("Armenia", "ANT"), ("Armenia", "QUI")}),
        ("Armennia", "", {("Armenia", "ANT"), ("Armenia", "QUI")}),
        ("Rionegro", "", {("Rionegro", "ANT"), ("Rionegro", "SAN")}),
        ("Armenia, Quindío", "Antioquia", {("Armenia", "ANT"), ("Armenia", "QUI")}),
        ("Bello, Medellín", "Antioquia", {("Bello", "ANT"), ("Medellín", "ANT")}),
        ("Cali", "Cauca", {("Cali", "VAC")}),
        ("Bogotá", "Antioquia", {("Bogotá", "DC")}),
        ("Soacha", "DC", {("Soacha", "CUN")}),
        ("Soacha, Bogotá", "", {("Soacha", "CUN")}),
        ("Pasot", "Nariño", {("Pasto", "NAR")}),
        ("Bella", "Antioquia", {("Bello", "ANT")}),
        ("Tedellin", "Antioquia", {("Medellín", "ANT")}),
        ("Medelin, Bello", "Antioquia", {("Medellín", "ANT"), ("Bello", "ANT")}),
        ("Medellín, Quindío", "Antioquia", {("Medellín", "ANT")}),
        ("Encimo", "Santander", {("Encino", "SAN"), ("Enciso", "SAN")}),
    ],
)
def test_a_person_chooses(text: str, region: str, expected: set[tuple[str, str]]) -> None:
    found = match("CO", text, region)
    assert found.kind == "several"
    assert found.city is None
    assert {town(city) for city in found.choices} == expected


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("", "Valle"),
        (" - ", ""),
        ("Cala", "Valle"),
        ("Calo", ""),
        ("Santa Rica", "Antioquia"),
        ("Puerto Perdido", "Antioquia"),
        ("Vereda El Salado, Sucre", "Sucre"),
        ("Calle 10 # 4-20", "Antioquia"),
        ("x" * 5000, "Antioquia"),
    ],
)
def test_unknown_is_left_alone(text: str, region: str) -> None:
    assert match("CO", text, region) == CityMatch("unknown")


@pytest.mark.parametrize("country", ["US", "", "co", "../CO", "Colombia"])
def test_a_country_without_gazetteer(country: str) -> None:
    assert find_region(country, "Antioquia") is None
    assert find_city(country, "Medellín", Region("ANT", "Antioquia")) == CityMatch("unknown")


def test_one_listed_town_is_never_mended_to_another() -> None:
    places = load("CO")
    assert places is not None
    regions = set(places.regions.values())
    for name, cities in places.towns.items():
        for region in regions - {city.region for city in cities}:
            found = find_city("CO", name, region)
            assert found.kind == "several" or (found.city in cities and region.code == "CUN"), (name, region)
