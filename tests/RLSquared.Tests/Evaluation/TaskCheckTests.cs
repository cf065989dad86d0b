using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Evaluation;

public sealed class TaskCheckTests
{
    public static TheoryData<string> Names =>
        [.. TaskCatalogue.Entries.Where(entry => !entry.NeedsPeer && entry.CreateProblem() is TaskDistribution)
            .Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_task_of_the_library_is_well_made(string name)
    {
        TaskEntry entry = TaskCatalogue.Find(name);
        TaskReport report = TaskCheck.Run(entry.Create(), new() { MaxSteps = 300 }, entry);
        Assert.Empty(report.Findings);
        Assert.True(report.StepsPerSecond > 0);
    }

    public enum Flaw
    {
        None, NothingToDecide, NullLanes, WrongCount, ThrowsWhenMade, ThrowsInStep, WritesTooMuch, WritesTooLittle,
        Infinite, NoState, RewardIsNaN, NoReward, NoEnding, BothEndings, TrialAlone, NeverEnds, RewardAfterTheEnd,
        EndingAfterTheEnd, Remembers, OwnDice, ReadsItsNeighbour, ReadsTheLane, NothingAllowed, Allocates, LargeRewards,
        LargeNumbers,
    }

    [Theory]
    [InlineData(Flaw.None, null)]
    [InlineData(Flaw.NothingToDecide, "Action leaves nothing to decide; return a number of actions, ")]
    [InlineData(Flaw.NullLanes, "CreateLanes(4) returns null; return the lanes")]
    [InlineData(Flaw.WrongCount, "CreateLanes(4) returns lanes whose Count is 1; it must be 4")]
    [InlineData(Flaw.ThrowsWhenMade, "CreateLanes throws InvalidOperationException: no such level")]
    [InlineData(Flaw.ThrowsInStep, "Step throws DivideByZeroException at step 2: ")]
    [InlineData(Flaw.WritesTooMuch, "Begin throws IndexOutOfRangeException")]
    [InlineData(Flaw.WritesTooLittle, "Step 0 does not write number 1 of the 2 that lane 0 shows; write all of them")]
    [InlineData(Flaw.Infinite, "Step 0 writes Infinity as number 1 of the 2 that lane 0 shows; only finite numbers")]
    [InlineData(Flaw.NoState, "Step 0 writes 3 as number 0 of the 1 that lane 0 shows; it must be a whole number")]
    [InlineData(Flaw.RewardIsNaN, "Step 3 gives lane 1 the reward NaN; only finite rewards can be learned from")]
    [InlineData(Flaw.NoReward, "Step 0 does not write the reward of lane 0; write one for each lane")]
    [InlineData(Flaw.NoEnding, "Step 0 does not write the ending of lane 0; write one for each lane")]
    [InlineData(Flaw.BothEndings, "Step 4 says that the episode of lane 0 both terminated and was truncated")]
    [InlineData(Flaw.TrialAlone, "Step 4 ends the trial of lane 0 and not its episode; write Endings.Terminated | ")]
    [InlineData(Flaw.NeverEnds, "the trial of lane 0 goes on after 5 steps, its TrialLength; ")]
    [InlineData(Flaw.RewardAfterTheEnd, "Step 3 gives lane 0 the reward 1 after its trial is over; it must be 0 until")]
    [InlineData(Flaw.EndingAfterTheEnd, "Step 3 gives lane 0 the ending Truncated, TrialEnded after its trial is over")]
    [InlineData(Flaw.Remembers, "the same seed and trial play differently a second time: after step 0, lane 0")]
    [InlineData(Flaw.OwnDice, "the same seed and trial play differently a second time: at the beginning, lane")]
    [InlineData(Flaw.ReadsItsNeighbour, "trial 0 plays differently alone than as lane 0 of 4: after step 0, ")]
    [InlineData(Flaw.ReadsTheLane, "trial 1 plays differently alone than as lane 1 of 4: after step 0, ")]
    [InlineData(Flaw.NothingAllowed, "allows no option of choice 0 at step 0 in lane 0; a choice must have one left")]
    public void What_is_wrong_with_a_task_is_named(Flaw flaw, string? message)
    {
        TaskReport report = TaskCheck.Run(new Flawed(flaw));
        if (message is null)
            Assert.Empty(report.Findings);
        else
            Assert.Contains(message, report.Error?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Flaw.Allocates, "a step of 4 lanes allocates ")]
    [InlineData(Flaw.LargeRewards, "rewards are as large as 5000; networks see the last reward as it is")]
    [InlineData(Flaw.LargeNumbers, "observations are as large as 1000; networks see them as they are")]
    public void What_is_merely_unwise_is_a_warning(Flaw flaw, string message)
    {
        TaskReport report = TaskCheck.Run(new Flawed(flaw));
        Assert.Null(report.Error);
        Assert.Contains(message, Assert.Single(report.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_that_does_not_tell_its_options_is_found()
    {
        TaskEntry entry = TaskEntry.Of(
            "flawed", "forgets", GaussianBanditsOptions.Table, _ => new Flawed(Flaw.None));
        Assert.StartsWith("Settings does not tell the option arms, so that a run could not be resumed with it",
            TaskCheck.Run(entry.Create(), entry: entry).Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_trial_is_tried_only_so_far() =>
        Assert.Equal(2, TaskCheck.Run(new Flawed(Flaw.None), new() { MaxSteps = 2 }).Steps);

    /// <summary>Five steps of two numbers and two actions, with one thing wrong.</summary>
    sealed class Flawed(Flaw flaw) : TaskDistribution
    {
        public Flaw Flaw => flaw;
        public override string Name => "flawed";
        public override ObservationSpace Observation =>
            flaw == Flaw.NoState ? ObservationSpace.Discrete(3) : ObservationSpace.Vector(2);
        public override ActionSpace Action => flaw == Flaw.NothingToDecide ? default(ActionSpace) : 2;
        public override bool Masks => flaw == Flaw.NothingAllowed;
        public override int TrialLength => 5;

        public override Lanes CreateLanes(int count) => flaw switch
        {
            Flaw.NullLanes => null!,
            Flaw.WrongCount => new FlawedLanes(this, 1),
            Flaw.ThrowsWhenMade => throw new InvalidOperationException("no such level"),
            _ => new FlawedLanes(this, count),
        };
    }

    sealed class FlawedLanes(Flawed task, int count) : Lanes
    {
        static int dice;

        readonly Flaw flaw = task.Flaw;
        int step, before;
        ulong firstTrial;

        public override int Count => count;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            (this.firstTrial, step) = (firstTrial, 0);
            observations.Fill(flaw == Flaw.OwnDice ? ++dice : 0);
            if (flaw == Flaw.WritesTooMuch)
                observations[2 * count] = 1;
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            if (flaw == Flaw.ThrowsInStep && step == 2)
                throw new DivideByZeroException();
            if (flaw == Flaw.Allocates)
                GC.KeepAlive(new int[3]);
            for (int lane = 0; lane < count; lane++)
            {
                float u = new RandomKey(1, RandomPurpose.Environment, firstTrial + (ulong)lane).Uniform((uint)step);
                Span<float> seen = observations.Slice(lane * task.Observation.Width, task.Observation.Width);
                seen[0] = flaw switch { Flaw.NoState => 3, Flaw.LargeNumbers => 1000, _ => u };
                if (flaw != Flaw.WritesTooLittle && flaw != Flaw.NoState)
                    seen[1] = flaw == Flaw.Infinite ? float.PositiveInfinity : actions[lane];
                if (flaw != Flaw.NoReward)
                    rewards[lane] = Reward(lane, actions, u);
                if (flaw != Flaw.NoEnding)
                    endings[lane] = Ending(lane);
            }
            step++;
            before++;
        }

        public override void Allowed(Span<bool> allowed) => allowed.Clear();

        bool IsFirstTrial(int lane) => firstTrial + (ulong)lane == 0;

        float Reward(int lane, ReadOnlyActionSpan actions, float u) => flaw switch
        {
            Flaw.RewardIsNaN when step == 3 && lane == 1 => float.NaN,
            Flaw.RewardAfterTheEnd => 1,
            Flaw.EndingAfterTheEnd => 0,
            Flaw.Remembers => before,
            Flaw.ReadsItsNeighbour => actions.Choices[^1] + 2 * count,
            Flaw.ReadsTheLane => lane,
            Flaw.LargeRewards => 5000,
            _ => u,
        };

        // Where something goes wrong after the end, the trial 0 has three steps and the others go on.
        Endings Ending(int lane) => flaw switch
        {
            Flaw.RewardAfterTheEnd when step >= 2 && IsFirstTrial(lane) =>
                step > 2 ? Endings.TrialEnded : Endings.Terminated | Endings.TrialEnded,
            Flaw.EndingAfterTheEnd when step >= 2 && IsFirstTrial(lane) => Endings.Truncated | Endings.TrialEnded,
            _ when step < 4 => Endings.None,
            Flaw.BothEndings => Endings.Terminated | Endings.Truncated | Endings.TrialEnded,
            Flaw.TrialAlone => Endings.TrialEnded,
            Flaw.NeverEnds => Endings.Terminated,
            _ => Endings.Terminated | Endings.TrialEnded,
        };
    }
}
