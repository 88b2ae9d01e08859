"""The English words that the practice text is made of, written for this project."""

THINGS = """
apple backpack bag ball banana basket bath beach bear bed bell belt bench bicycle bike bird blanket
blender boat book boot bottle bowl box bracelet bread brush bucket bus butter button cake calendar
camera candle car card carpet carrot cat chain chair cheese clock cloth coat coffee coin comb
computer cookie cotton cow cup cupboard curtain cushion desk dish dog doll door drawer dress drill
drone drum egg engine eraser fan farm feather fence fish flag flower flute fork freezer fridge
garden gate glass glove glue grape grill guitar hammer harp hat heater helmet hook horse house
iron jacket jar jeans jug juice juicer kettle key keyboard kite knife ladder lamp lantern laptop
leaf lemon letter lock magnet map mask mat mattress medal melon microphone milk mirror mixer
monitor moon mop motor mouse mower mug nail necklace needle net notebook nut onion orange oven
paint pan paper pen pencil phone piano pillow pipe plant plate plug pocket pot printer projector
pump purse puzzle quilt rabbit racket radio rice ring river robot rock rope router rug ruler
saddle sandal saw scale scanner scarf school scissors screen screw shawl sheep sheet shelf shell
shirt shoe shovel shower sink skirt sled soap sock sofa soup speaker spoon stamp star stool stove
stroller sugar suitcase sunglasses sweater swing table tablet tea telephone telescope tent
thermometer ticket tie tile toaster tomato toolbox torch towel toy train tray tree tripod trumpet
trunk tub tube umbrella vacuum van vase vest violin wagon wallet watch wheel whistle window wool
wrench yarn zipper
""".split()

QUALIFIERS = """
air baby bath bread camping coffee cotton desk dish electric floor garden glass hair hand kitchen
leather metal mountain office paper phone picture plastic rain rice rubber sewing silk sleeping
solar sport standing steel stone table tea travel video wall water winter wooden yoga
""".split()

KINDS = {
    "animal": "bear bird cat cow dog fish horse mouse rabbit sheep".split(),
    "fruit": "apple banana grape lemon melon orange pear plum peach cherry".split(),
    "tool": "drill hammer ladder saw screw shovel wrench ruler brush mop".split(),
    "piece of furniture": "bed bench chair cupboard desk shelf sofa stool table".split(),
    "garment": "coat dress glove hat jacket scarf shirt skirt sock sweater vest".split(),
    "instrument": "drum flute guitar harp piano trumpet violin whistle".split(),
    "kitchen thing": "blender bowl cup fork kettle knife mug oven pan plate spoon toaster".split(),
    "vehicle": "bike boat bus car train van wagon sled truck tram".split(),
    "drink": "coffee juice milk tea water soup cocoa".split(),
    "colour": "red blue green yellow black white brown grey pink purple".split(),
}

NAMES = """
Anna Ben Carla David Emma Felix Grace Henry Iris Jack Kate Leo Mia Noah Olga Paul Rosa Sam Tina
Victor Wendy Yusuf Zoe Ali Bea Chen Dora Eva Hugo Ivan Lin Maya Nina Omar Petra Ravi Sara Tom
""".split()

PLACES = """
kitchen garden office garage cellar bedroom hall attic school library park station market hotel
museum bank cafe theatre hospital harbour forest village city shop
""".split()

COLOURS = KINDS["colour"]

# Words that mean about the same; practice in swapping them teaches the model word similarity.
SAME = [
    "big large huge great".split(),
    "small little tiny".split(),
    "fast quick rapid".split(),
    "happy glad pleased delighted".split(),
    "sad unhappy upset".split(),
    "begin start".split(),
    "end finish stop".split(),
    "buy purchase order".split(),
    "help assist support".split(),
    "repair fix mend".split(),
    "broken damaged cracked faulty defective".split(),
    "receipt bill invoice".split(),
    "parcel package box shipment".split(),
    "arrive come".split(),
    "send ship post".split(),
    "late delayed slow".split(),
    "swap exchange trade switch".split(),
    "money cash".split(),
    "refund repayment".split(),
    "wrong incorrect".split(),
    "right correct".split(),
    "easy simple".split(),
    "hard difficult".split(),
    "nice lovely wonderful great".split(),
    "bad awful terrible".split(),
    "shop store".split(),
    "clever smart bright".split(),
    "look see watch".split(),
    "speak talk say".split(),
    "child kid".split(),
    "road street".split(),
    "quiet silent calm".split(),
    "cold chilly icy".split(),
    "hot warm".split(),
    "give hand pass".split(),
    "return bring".split(),
    "cancel stop drop".split(),
    "choose pick select".split(),
    "near close".split(),
    "mistake error slip".split(),
    "love like enjoy".split(),
    "thanks thank".split(),
    "colour shade".split(),
]

OPPOSITE = """
big:small hot:cold fast:slow old:new open:closed happy:sad early:late long:short high:low
full:empty clean:dirty wet:dry light:dark strong:weak thick:thin hard:soft loud:quiet rich:poor
near:far right:wrong good:bad cheap:expensive heavy:light wide:narrow easy:difficult
""".split()

# Generic subjects, none of them a desk of the example task.
TOPICS = {
    "weather": "rain snow wind storm sunny cloud fog sky cold warm".split(),
    "food": "bread soup dinner lunch cook eat cheese rice kitchen taste".split(),
    "travel": "train hotel airport ticket journey map beach luggage flight bus".split(),
    "school": "teacher lesson homework exam class pupil maths pencil school learn".split(),
    "music": "song piano guitar concert sing band drum melody violin radio".split(),
    "sport": "ball team goal race swim coach match tennis run player".split(),
    "health": "doctor nurse medicine fever tooth sleep pain hospital cough rest".split(),
    "family": "mother father sister brother uncle aunt baby cousin grandmother son".split(),
    "nature": "tree river forest flower mountain leaf bird lake grass bee".split(),
    "work": "office boss meeting desk salary colleague job report project plan".split(),
}
