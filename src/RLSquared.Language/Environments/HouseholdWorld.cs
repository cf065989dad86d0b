namespace RLSquared.Language.Environments;

/// <summary>
/// What there is in a household: kinds of receptacles with the kinds of objects that belong into them, and what can be
/// cleaned, heated and cooled. A small part of ALFRED's tables; the names are ALFWorld's.
/// </summary>
static class HouseholdWorld
{
    static readonly string[] heatable = ["apple", "bread", "cup", "egg", "mug", "plate", "potato", "tomato"];
    static readonly string[] coolable = [.. heatable, "bowl", "lettuce", "pan", "pot", "winebottle"];
    static readonly string[] cleanable =
    [
        "apple", "bowl", "butterknife", "cloth", "cup", "egg", "fork", "kettle", "knife", "lettuce", "mug", "pan",
        "plate", "pot", "potato", "soapbar", "spatula", "spoon", "tomato",
    ];
    static readonly string[] food = ["apple", "bread", "egg", "lettuce", "potato", "tomato"];
    static readonly string[] dishes = ["bowl", "cup", "mug", "plate"];
    static readonly string[] cutlery = ["butterknife", "fork", "knife", "spatula", "spoon"];
    static readonly string[] papers = ["book", "cellphone", "creditcard", "keychain", "newspaper", "pen", "pencil"];

    /// <summary>A kind of receptacle.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Objects">The kinds of objects that belong there.</param>
    /// <param name="Opens">Whether it is closed at first.</param>
    /// <param name="Most">How many a room has at most.</param>
    public sealed record Receptacle(string Name, string[] Objects, bool Opens, int Most);

    /// <summary>A room: its receptacles, and the lamp that it has or not.</summary>
    public sealed record Room(string Name, Receptacle[] Receptacles, string Lamp);

    public static bool CanHeat(string kind) => heatable.Contains(kind);

    public static bool CanCool(string kind) => coolable.Contains(kind);

    public static bool CanClean(string kind) => cleanable.Contains(kind);

    public static Room Kitchen { get; } = new("kitchen",
    [
        new("countertop", [.. food, .. dishes, .. cutlery, "pan", "pot", "kettle", "soapbar"], false, 2),
        new("diningtable", [.. food, .. dishes, .. cutlery], false, 1),
        new("cabinet", [.. dishes, "kettle", "pan", "pot", "winebottle"], true, 3),
        new("drawer", [.. cutlery], true, 2),
        new("fridge", [.. food, "bowl", "cup", "mug", "pan", "plate", "pot", "winebottle"], true, 1),
        new("microwave", ["apple", "bowl", "bread", "cup", "egg", "mug", "plate", "potato", "tomato"], true, 1),
        new("sinkbasin", [.. food, .. dishes, .. cutlery, "kettle", "pan", "pot", "soapbar"], false, 1),
        new("stoveburner", ["kettle", "pan", "pot"], false, 1),
        new("coffeemachine", ["mug"], false, 1),
    ], "");

    public static Room LivingRoom { get; } = new("livingroom",
    [
        new("sofa", ["book", "cellphone", "creditcard", "keychain", "newspaper", "pillow"], false, 1),
        new("armchair", ["book", "cellphone", "creditcard", "keychain", "newspaper", "pillow"], false, 1),
        new("sidetable", [.. papers, "statue", "vase"], false, 2),
        new("shelf", ["book", "keychain", "statue", "vase"], false, 2),
        new("drawer", [.. papers], true, 2),
        new("safe", ["cellphone", "creditcard", "keychain", "statue", "vase"], true, 1),
    ], "floorlamp");

    public static Room Bedroom { get; } = new("bedroom",
    [
        new("bed", ["book", "cellphone", "newspaper", "pillow"], false, 1),
        new("desk", [.. papers, "mug"], false, 1),
        new("shelf", ["book", "keychain", "pencil", "pen"], false, 2),
        new("drawer", [.. papers], true, 3),
        new("dresser", ["book", "cellphone", "creditcard", "keychain", "statue"], false, 1),
    ], "desklamp");

    public static Room Bathroom { get; } = new("bathroom",
    [
        new("sinkbasin", ["cloth", "soapbar"], false, 1),
        new("countertop", ["cloth", "soapbar", "spraybottle", "toiletpaper"], false, 1),
        new("cabinet", ["cloth", "soapbar", "spraybottle", "toiletpaper"], true, 3),
        new("toilet", ["soapbar", "spraybottle", "toiletpaper"], false, 1),
        new("shelf", ["cloth", "soapbar", "spraybottle", "toiletpaper"], false, 1),
    ], "");

    public static IReadOnlyList<Room> Rooms { get; } = [Kitchen, LivingRoom, Bedroom, Bathroom];

    /// <summary>All names that texts can have, with a space before where they stand within a sentence.</summary>
    public static IEnumerable<string> Names => Rooms.SelectMany(room => room.Receptacles)
        .SelectMany(one => one.Objects.Append(one.Name)).Append("floorlamp").Append("desklamp").Distinct();
}
