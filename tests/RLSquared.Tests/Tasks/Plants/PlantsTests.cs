using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class PlantsTests
{
    // g = f = ½, all delays up to D, no noise.
    static Plants Half(int delay, double wear = 0, int horizon = 6, int hold = 20) => new(new()
    {
        GainLow = 0.5,
        GainHigh = 0.5,
        FrictionLow = 0.5,
        FrictionHigh = 0.5,
        Delay = delay,
        Noise = 0,
        Wear = wear,
        Horizon = horizon,
        Hold = hold,
        Episodes = 2,
    });

    static ulong TrialWithDelay(Plants task, int delay)
    {
        ulong trial = 0;
        while (task.Of(1, trial).Delay != delay)
            trial++;
        return trial;
    }

    // Delay 1, controls 1, 1, 1, 0, 0. The first acts at step 1: v = 0, ½, ½ + ½ − ¼ = ¾, ¾ + ½ − ⅜ = ⅞, and once the
    // first 0 acts, ⅞ − 7/16 = 7/16. The control changes by 1 at steps 0 and 3, which costs 0.1 each time.
    [Fact]
    public void The_response_to_a_step_is_the_one_worked_out_by_hand()
    {
        Plants task = Half(delay: 1, wear: 0.1);
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[2], rewards = new float[1];
        var endings = new Endings[1];
        lanes.Begin(1, TrialWithDelay(task, 1), seen);
        float setPoint = seen[0];
        Assert.Equal(0, seen[1]);
        float[] controls = [1, 1, 1, 0, 0], speeds = [0, 0.5f, 0.75f, 0.875f, 0.4375f], wear = [0.1f, 0, 0, 0.1f, 0];
        for (int t = 0; t < controls.Length; t++)
        {
            lanes.Step(new ActionSpan([], [controls[t]]), seen, rewards, endings);
            Assert.Equal(speeds[t], seen[1], 1e-6f);
            Assert.Equal(-Math.Abs(setPoint - speeds[t]) - wear[t], rewards[0], 1e-6f);
        }
    }

    [Fact]
    public void An_episode_begins_at_rest_with_nothing_under_way()
    {
        Plants task = Half(delay: 4);
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[2], rewards = new float[1];
        var endings = new Endings[1];
        lanes.Begin(1, TrialWithDelay(task, 4), seen);
        for (int t = 0; t < 12; t++)
        {
            lanes.Step(new ActionSpan([], [1]), seen, rewards, endings);
            bool last = t % 6 == 5;
            // At rest for the first four steps of each episode, and again after its last.
            Assert.Equal(t % 6 < 4 || last ? 0 : 0.5f, seen[1]);
            Assert.Equal(last ? Endings.Truncated | (t == 11 ? Endings.TrialEnded : 0) : Endings.None, endings[0]);
        }
        Assert.Throws<InvalidOperationException>(
            () => lanes.Step(new ActionSpan([], [1]), seen, rewards, endings));
    }

    [Fact]
    public void Set_points_stay_for_as_long_as_was_said_and_cover_their_range()
    {
        Plants task = Half(delay: 0, horizon: 5, hold: 2);
        Lanes lanes = task.CreateLanes(500);
        float[] seen = new float[1000], rewards = new float[500];
        var endings = new Endings[500];
        lanes.Begin(1, 0, seen);
        List<float> first = [seen[0]];
        for (int t = 0; t < 10; t++)
        {
            lanes.Step(new ActionSpan([], new float[500]), seen, rewards, endings);
            first.Add(seen[0]);
        }
        // Episodes of 5 steps, set points of 2: 0 0 | 1 1 | 2, then the next episode.
        Assert.Equal([true, false, true, false, false], Enumerable.Range(0, 5).Select(t => first[t] == first[t + 1]));
        IEnumerable<float> all = Enumerable.Range(0, 500).Select(lane => seen[2 * lane]);
        Assert.InRange(all.Average(), -0.1, 0.1);                       // standard error 1/√3/√500 = 0.026
        Assert.InRange(all.Average(s => s * s), 0.28, 0.39);            // 1/3, standard error 0.013
    }

    [Fact]
    public void Plants_are_drawn_from_their_ranges()
    {
        var task = new Plants();
        Plant[] plants = [.. Enumerable.Range(0, 5000).Select(trial => task.Of(3, (ulong)trial))];
        Assert.All(plants, plant => Assert.InRange(plant.Gain, 0.25f, 2));
        Assert.All(plants, plant => Assert.InRange(plant.Friction, 0.05f, 0.25f));
        // log₂ of the gain is uniform on [−2, 1]: mean −½, standard error 3/√12/√5000 = 0.012.
        Assert.InRange(plants.Average(plant => Math.Log2(plant.Gain)), -0.55, -0.45);
        Assert.InRange(plants.Average(plant => plant.Friction), 0.147, 0.153);
        foreach (int delay in Enumerable.Range(0, 5))
            Assert.InRange(plants.Count(plant => plant.Delay == delay), 880, 1120);     // 1000 ± 28
        Assert.Equal(new Plant((float)Math.Sqrt(0.5), 0.15f, 2), task.Middle);
    }

    [Fact]
    public void Measurements_have_the_noise_that_was_said_and_it_costs_nothing()
    {
        var task = new Plants(new() { Noise = 0.5, Wear = 0 });
        Lanes lanes = task.CreateLanes(4000);
        float[] seen = new float[8000], rewards = new float[4000];
        lanes.Begin(1, 0, seen);
        float[] before = [.. seen];
        Assert.InRange(Enumerable.Range(0, 4000).Average(lane => seen[2 * lane + 1] * seen[2 * lane + 1]), 0.23, 0.27);
        lanes.Step(new ActionSpan([], new float[4000]), seen, rewards, new Endings[4000]);
        for (int lane = 0; lane < 4000; lane++)
            Assert.Equal(-Math.Abs(before[2 * lane]), rewards[lane]);       // at rest, whatever was measured
    }

    [Fact]
    public void A_value_may_be_told_the_plant()
    {
        Plants task = Half(delay: 2);
        Lanes lanes = task.CreateLanes(1);
        float[] numbers = new float[task.PrivilegedWidth];
        lanes.Begin(1, TrialWithDelay(task, 2), new float[2]);
        lanes.Privileged(numbers);
        Assert.Equal([0, MathF.Log(0.5f), 0.5f, 2], numbers);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        Lanes lanes = new Plants().CreateLanes(8);
        float[] seen = new float[16], rewards = new float[8], controls = new float[8];
        var endings = new Endings[8];
        long before = 0;
        for (int play = 0; play < 2; play++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            lanes.Begin(1, 0, seen);
            for (int t = 0; t < 160; t++)
                lanes.Step(new ActionSpan([], controls), seen, rewards, endings);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("gain-high=0.1", "gain-high must be at least 0.25, but is 0.1")]
    [InlineData("friction-low=0.5", "friction-high must be at least 0.5, but is 0.25")]
    [InlineData("friction-high=2", "friction-high must be at most 1, but is 2")]
    [InlineData("delay=-1", "delay must be from 0 to 100, but is -1")]
    [InlineData("hold=0", "hold must be at least 1, but is 0")]
    public void What_no_plant_can_be_is_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(() => TaskCatalogue.Create("plants", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }
}
