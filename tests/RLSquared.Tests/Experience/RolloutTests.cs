using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Sharding;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Experience;

/// <summary>
/// What a rollout holds of trials of different lengths: three lanes that play two episodes of 1, 2 and 3 steps, so that
/// their trials end after 2, 4 and 6 steps. Lane l is paid 10 · (l + 1) + the number of the step in the trial.
/// </summary>
public sealed class RolloutTests : IDisposable
{
    const float Gamma = 0.5f;

    sealed class Paid(int lane) : SingleEnvironment
    {
        int step, inEpisode;

        public override void BeginTrial(ref RandomSequence random) => step = 0;

        public override void Reset(ref RandomSequence random, Span<float> observation) => inEpisode = 0;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new(10 * (lane + 1) + step++, Terminated: ++inEpisode == lane + 1);
    }

    readonly Workers workers = new(1);
    readonly Policy network;
    readonly Collector collector;
    readonly Rollout rollout;

    public RolloutTests()
    {
        int made = 0;
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "paid", ObservationSpace.Nothing, 2, episodes: 2, maxStepsPerEpisode: 4, () => new Paid(made++));
        network = Policy.Recurrent(task.Spaces, new() { Hidden = 4 }, seed: 1);
        collector = new Collector(task, network, 3, 1, 3, seed: 1, Gamma, keepsRegrets: false, workers);
        rollout = collector.Rollout;
        collector.Play(0);
        collector.Play(1);                                              // what was there before is written over
    }

    public void Dispose()
    {
        collector.Dispose();
        network.Dispose();
        workers.Dispose();
    }

    [Fact]
    public void Lengths_steps_and_returns_are_those_of_the_steps_that_were_played()
    {
        Assert.Equal([2, 4, 6], rollout.Lengths);
        Assert.Equal(12, rollout.Steps);
        // 10 + 11 = 21, 20 + … + 23 = 86 and 30 + … + 35 = 195: together 302.
        Assert.Equal(302 / 3.0, rollout.MeanReturn(), 1e-6);
        Assert.Equal(6, rollout.ActiveSteps([0, 1]));
    }

    [Fact]
    public void What_follows_a_trial_is_padding_without_reward()
    {
        for (int lane = 0; lane < 3; lane++)
        {
            for (int t = 0; t < rollout.T; t++)
            {
                bool played = t < 2 * (lane + 1);
                Assert.Equal(played ? 1 : 0, rollout.Active[t * 3 + lane]);
                Assert.Equal(played ? 10 * (lane + 1) + t : 0, rollout.Rewards[t * 3 + lane]);
            }
        }
    }

    // The end of an episode does not cut the return, for the same task goes on; the end of the trial does. So the
    // advantages of λ = 1 and values of 0 are the returns of each trial alone: 11 and 10 + 0.5 · 11 in lane 0.
    [Fact]
    public void The_end_of_a_trial_cuts_the_return_and_the_end_of_an_episode_does_not()
    {
        for (int lane = 0; lane < 3; lane++)
        {
            for (int t = 0; t < 2 * (lane + 1); t++)
                Assert.Equal(t == 2 * lane + 1 ? 0 : Gamma, rollout.Discounts[t * 3 + lane]);
        }
        float[] returns = new float[rollout.Rewards.Length];
        float[] values = new float[returns.Length];
        Array.Fill(values, 1000, 2 * 3, values.Length - 2 * 3);         // from step 2 on, where lane 0 has padding
        Advantages.Gae(3, rollout.Rewards, rollout.Discounts, values, [7, 7, 7], 1, returns);
        Assert.Equal((15.5f, 11f), (returns[0], returns[3]));
    }

    // Values are those of the network, in units of the returns: doubling both numbers doubles them.
    [Fact]
    public void Values_are_in_units_of_the_returns()
    {
        collector.EstimateValues(0, 1);
        float[] once = [.. rollout.Values];
        collector.EstimateValues(3, 2);
        for (int t = 0; t < 2; t++)
            Assert.Equal(3 + 2 * once[t * 3], rollout.Values[t * 3], 1e-5f);
        Assert.Contains(once, value => value != 0);
    }

    // Over the active steps, returns 1, 3 and values 1, 2: errors 0 and 1 with variance ¼, returns with variance 1.
    [Fact]
    public void Explained_variance_is_the_share_of_the_returns_that_values_account_for()
    {
        Show([1, 3, 50], [1, 2, -50], [1, 1, 0]);
        Assert.Equal(0.75, rollout.ExplainedVariance(), 1e-9);
        Show([1, 3, 50], [1001, 1003, -50], [1, 1, 0]);                 // an offset is no error of this kind
        Assert.Equal(1, rollout.ExplainedVariance(), 1e-9);
        Show([3e7f, 3e7f, 0], [1, 2, 0], [1, 1, 0]);
        Assert.Equal(0, rollout.ExplainedVariance());
    }

    // A batch is as long as the longest of its trials, in the order that was asked for.
    [Fact]
    public void A_batch_has_the_trials_that_were_asked_for_padded_to_the_longest()
    {
        var tape = new Tape(new Arena());
        var batch = new TrialBatch(rollout, [1, 0], tape);
        Assert.Equal(4, batch.T);
        Assert.Equal([20, 10, 21, 11, 22, 0, 23, 0], batch.Pick(rollout.Rewards).ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 0, 1, 0], batch.Pick(rollout.Active).ToArray());
        tape.Arena.Dispose();
    }

    void Show(float[] returns, float[] values, float[] active)
    {
        Array.Clear(rollout.Active);
        returns.CopyTo(rollout.Returns, 0);
        values.CopyTo(rollout.Values, 0);
        active.CopyTo(rollout.Active, 0);
    }

    // The arrays are found by their kind, so that a new one cannot be forgotten.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void All_that_a_rollout_holds_goes_through_bytes(bool images)
    {
        var spaces = new TaskSpaces
        {
            Task = "anything",
            Observation = images ? ObservationSpace.Image(2, 3, 1) : ObservationSpace.Vector(3),
            Action = ActionSpace.Mixed([2, 3], 2),
            Masks = true,
            TrialLength = 4,
        };
        Rollout full = Empty(), found = Empty();
        int next = 1;
        foreach (Array array in ArraysOf(full))
        {
            int values = array.GetType() == typeof(bool[]) ? 2 : 64;
            for (int i = 0; i < Buffer.ByteLength(array); i++)
                Buffer.SetByte(array, i, (byte)(next++ % values));
        }
        var writer = new ByteWriter();
        full.VisitLesson(writer);
        full.VisitOutcomes(writer, 0, full.N);
        var reader = new ByteReader(writer.Written);
        found.VisitLesson(reader);
        found.VisitOutcomes(reader, 0, found.N);
        reader.RequireEnd();
        Array[] expected = [.. ArraysOf(full)], arrays = [.. ArraysOf(found)];
        Assert.True(arrays.Length >= 17, $"{arrays.Length} arrays");
        for (int i = 0; i < arrays.Length; i++)
            Assert.Equal(expected[i], arrays[i]);

        Rollout Empty() => new(4, 5, spaces, features: images ? 2 : 0, privilegedWidth: 1, regrets: true);

        // Endings are bytes by another name, which Buffer does not take.
        static IEnumerable<Array> ArraysOf(object holder) => holder.GetType().GetProperties()
            .Where(property => !property.PropertyType.IsByRefLike)
            .Select(property => property.GetValue(holder)).SelectMany(value => value switch
            {
                Endings[] endings => [System.Runtime.CompilerServices.Unsafe.As<Endings[], byte[]>(ref endings)],
                Array array => [array],
                ActionBuffer actions => [actions.Choices, actions.Numbers],
                _ => (IEnumerable<Array>)[],
            });
    }
}
