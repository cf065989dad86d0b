using System.Globalization;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>Makes levels: a goal, a room for it, and objects where they belong, but not yet right.</summary>
static class HouseholdLevels
{
    const int Others = 5;                                    // objects that the goal does not need

    /// <summary>A level.</summary>
    public static HouseholdState Make(ref RandomSequence random)
    {
        var kind = (HouseholdKind)random.NextInt(6);
        HouseholdWorld.Room room = Drawn(ref random, RoomsFor(kind));
        List<HouseholdPlace> places = [];
        foreach (HouseholdWorld.Receptacle receptacle in room.Receptacles)
        {
            int count = 1 + random.NextInt(receptacle.Most);
            for (int i = 1; i <= count; i++)
                places.Add(new HouseholdPlace(receptacle, Numbered(receptacle.Name, i)));
        }
        HouseholdPlace[] all = [.. places];
        (string wanted, string target) = Goal(ref random, kind, room);
        // The lamp stands where one can stand.
        (string, int) lamp = kind != HouseholdKind.Light ? ("", HouseholdState.Nowhere)
            : (room.Lamp, Drawn(ref random, [.. Enumerable.Range(0, all.Length).Where(i => !all[i].Kind.Opens)]));

        List<(string Kind, string Name)> objects = [];
        List<int> at = [];
        for (int i = 0; i < (kind == HouseholdKind.Two ? 2 : 1); i++)
            Add(ref random, wanted, place => place.Kind.Name != target);
        string[] kinds = [.. room.Receptacles.SelectMany(one => one.Objects).Distinct().Where(one => one != wanted)];
        for (int i = 0; i < Others; i++)
            Add(ref random, Drawn(ref random, kinds), _ => true);
        return new HouseholdState
        {
            Goal = new HouseholdGoal(kind, wanted, target, random.NextInt(2)),
            Places = all,
            Objects = [.. objects],
            Lamp = lamp,
            At = [.. at],
            IsOpen = new bool[all.Length],
            IsKnown = new bool[all.Length],
            IsClean = new bool[objects.Count],
            IsHot = new bool[objects.Count],
            IsCool = new bool[objects.Count],
        };

        void Add(ref RandomSequence random, string kind, Predicate<HouseholdPlace> allowed)
        {
            objects.Add((kind, Numbered(kind, objects.Count(one => one.Kind == kind) + 1)));
            at.Add(Drawn(ref random, [.. Enumerable.Range(0, all.Length).Where(
                i => all[i].Kind.Objects.Contains(kind) && allowed(all[i]))]));
        }
    }

    static string Numbered(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind} {number}");

    static HouseholdWorld.Room[] RoomsFor(HouseholdKind kind) => kind switch
    {
        HouseholdKind.Light => [HouseholdWorld.LivingRoom, HouseholdWorld.Bedroom],
        HouseholdKind.Heat or HouseholdKind.Cool => [HouseholdWorld.Kitchen],
        HouseholdKind.Clean => [HouseholdWorld.Kitchen, HouseholdWorld.Bathroom],
        _ => [.. HouseholdWorld.Rooms],
    };

    // An object and where it shall be; it fits there and somewhere else, where it is at first.
    static (string Object, string Target) Goal(ref RandomSequence random, HouseholdKind kind, HouseholdWorld.Room room)
    {
        if (kind == HouseholdKind.Light)
            return (Drawn(ref random, [.. room.Receptacles.SelectMany(one => one.Objects).Distinct()]), room.Lamp);
        (string, string)[] goals = [.. from target in room.Receptacles
                                       from thing in target.Objects
                                       where room.Receptacles.Any(one => one != target && one.Objects.Contains(thing))
                                       where kind switch
                                       {
                                           HouseholdKind.Clean => HouseholdWorld.CanClean(thing)
                                               && target.Name != "sinkbasin",
                                           HouseholdKind.Heat => HouseholdWorld.CanHeat(thing)
                                               && target.Name != "microwave",
                                           HouseholdKind.Cool => HouseholdWorld.CanCool(thing)
                                               && target.Name != "fridge",
                                           _ => true,
                                       }
                                       select (thing, target.Name)];
        return Drawn(ref random, goals);
    }

    static T Drawn<T>(ref RandomSequence random, T[] of) => of[random.NextInt(of.Length)];
}
