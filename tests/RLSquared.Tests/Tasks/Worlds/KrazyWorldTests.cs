using RLSquared.Tasks;
using RLSquared.Tests.Tasks.Control;

namespace RLSquared.Tests.Tasks.Worlds;

public sealed class KrazyWorldTests
{
    // A whole game played by a policy that the test searches by itself: every order of moves up to a depth, tried on
    // the lanes and not on the search's own model of them.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_most_goals_that_can_be_had_are_those_that_some_play_gets(int first)
    {
        // Six moves at most: 4⁶ plays, each in a lane of its own.
        var task = new KrazyWorld(new()
        {
            Size = 5,
            Goals = 3,
            GoalDistance = 1,
            Energy = 5,
            EnergyGain = 1,
            EnergyTiles = 0.1,
            Ice = 0.15,
            Death = 0.1,
            Worlds = 1,
            First = first,
            Episodes = 1,
            Horizon = 6,
            Lock = first % 2 == 1,
        });
        const int plays = 4096;
        Lanes lanes = task.CreateLanes(plays);
        float[] seen = new float[plays * task.Observation.Width], rewards = new float[plays], totals = new float[plays];
        var endings = new Endings[plays];
        int[] actions = new int[plays];
        lanes.Begin(1, 0, seen);
        for (int t = 0; t < 6; t++)
        {
            for (int lane = 0; lane < plays; lane++)
                actions[lane] = lane >> (2 * t) & 3;
            lanes.Step(actions, seen, rewards, endings);
            for (int lane = 0; lane < plays; lane++)
                totals[lane] += rewards[lane];
        }
        Assert.Equal(totals.Max(), task.BestGoals((ulong)first));
    }

    [Fact]
    public void The_frozen_specification_has_reference_scores()
    {
        var task = new KrazyWorld();
        double[] best = [.. Enumerable.Range(0, 96).Select(world => (double)task.BestGoals((ulong)world))];
        // Per episode. docs/krazy-world.md has the same numbers.
        double random = ControlPlay.Totals(task, "random", 3200).Average() / 5;
        Assert.Equal((2.96875, 3), (best[..32].Average(), best[32..].Average()));
        Assert.Equal(0.113, random, 0.01);
    }

    // Seen from the start of many worlds: exactly one kind per cell; the start itself is plain.
    [Fact]
    public void Each_cell_is_shown_as_one_kind_under_the_worlds_own_number()
    {
        var task = new KrazyWorld(new() { Worlds = 0, Episodes = 1 });
        Lanes lanes = task.CreateLanes(200);
        int width = task.Observation.Width;
        float[] seen = new float[200 * width];
        lanes.Begin(1, 0, seen);
        var plain = new HashSet<int>();
        for (int lane = 0; lane < 200; lane++)
        {
            for (int cell = 0; cell < 9; cell++)
                Assert.Equal(1, seen.AsSpan(lane * width + cell * 9, 9).ToArray().Sum());
            plain.Add(Array.IndexOf(seen[(lane * width + 36)..(lane * width + 45)], 1f));
            Assert.Equal((1, 0), (seen[lane * width + 81], seen[lane * width + 82]));
        }
        Assert.Equal(9, plain.Count);
    }

    [Fact]
    public void Without_permutations_kinds_and_directions_are_the_same_in_all_worlds()
    {
        var task = new KrazyWorld(new() { Worlds = 0, PermuteActions = false, PermuteTiles = false });
        for (ulong world = 0; world < 20; world++)
        {
            KrazyMap map = task.Draw(world);
            Assert.Equal([0, 1, 2, 3], map.Directions);
            Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], map.Shown);
        }
    }

    [Theory]
    [InlineData(KrazyWorldPreset.Easy)]
    [InlineData(KrazyWorldPreset.Medium)]
    [InlineData(KrazyWorldPreset.Hard)]
    [InlineData(KrazyWorldPreset.Readme)]
    [InlineData(KrazyWorldPreset.Constructor)]
    [InlineData(KrazyWorldPreset.Frozen)]
    public void A_preset_places_what_it_says_and_can_be_made_again_from_its_settings(KrazyWorldPreset preset)
    {
        KrazyWorldOptions options = KrazyWorldOptions.Of(preset);
        Assert.Equal(options, KrazyWorldOptions.Table.Apply(KrazyWorldOptions.Table.Show(options)));
        for (ulong world = 0; world < 10; world++)
        {
            KrazyMap map = new KrazyWorld(options).Draw(world);
            int Count(KrazyTile kind) => map.Tiles.Count(tile => tile == kind);
            Assert.Equal(options.Goals, Count(KrazyTile.Goal));
            Assert.Equal(options.Count(options.Death), Count(KrazyTile.Death));
            Assert.Equal(options.Count(options.Ice), Count(KrazyTile.Ice));
            Assert.Equal(options.Count(options.EnergyTiles), Count(KrazyTile.Energy));
            Assert.Equal(options.Teleporters ? 2 : 0, Count(KrazyTile.Teleporter));
            Assert.Equal(options.Lock ? 1 : 0, Count(KrazyTile.Key));
            Assert.Equal(options.Lock ? options.Size - 1 : 0, Count(KrazyTile.Wall));
            Assert.Equal(KrazyTile.Plain, map.Tiles[map.Start]);
        }
    }

    [Fact]
    public void A_world_without_room_is_refused() => Assert.Equal(
        "a world of 3 × 3 cells has no room for 12 tiles that are not plain; make size larger, or death, ice, " +
        "energy-tiles or goals smaller",
        Assert.Throws<OptionException>(() => new KrazyWorld(new() { Size = 3, Goals = 8, Energy = 9 })).Message);

    [Fact]
    public void Lanes_count_deaths_goals_and_the_kinds_that_were_tried()
    {
        var task = new KrazyWorld(new() { Episodes = 3 });
        var lanes = (KrazyLanes)task.CreateLanes(64);
        float[] seen = new float[64 * task.Observation.Width], rewards = new float[64], totals = new float[64];
        var endings = new Endings[64];
        int[] actions = new int[64];
        lanes.Begin(1, 0, seen);
        int terminations = 0;
        for (int t = 0; t < task.TrialLength; t++)
        {
            for (int lane = 0; lane < 64; lane++)
                actions[lane] = (int)(new Tensors.Random.RandomKey(4, 6, (ulong)lane).Uniform((uint)t) * 4);
            lanes.Step(actions, seen, rewards, endings);
            for (int lane = 0; lane < 64; lane++)
            {
                totals[lane] += rewards[lane];
                terminations += endings[lane].HasFlag(Endings.Terminated) ? 1 : 0;
            }
        }
        Assert.Equal(totals.Select(total => (int)total), Enumerable.Range(0, 64).Select(lanes.Goals));
        int deaths = Enumerable.Range(0, 64).Sum(lanes.Deaths);
        Assert.InRange(deaths, 1, terminations);
        Assert.All(Enumerable.Range(0, 64), lane => Assert.InRange(lanes.VisitedShare(lane), 0, 1));
        Assert.True(Enumerable.Range(0, 64).Average(lanes.VisitedShare) > 0.3);
    }
}
