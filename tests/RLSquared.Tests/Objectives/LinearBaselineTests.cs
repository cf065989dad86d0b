using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Tasks;

namespace RLSquared.Tests.Objectives;

public sealed class LinearBaselineTests
{
    // Where the return is a linear function of what is seen, nothing is left; the last play ends early.
    [Fact]
    public void What_is_linear_in_the_features_leaves_no_advantage()
    {
        Plays plays = Played((t, k) => t == 3 ? 0.5f * k - 1 : 0);
        new LinearBaseline(1).Judge(plays, discount: 1, lambda: 1);
        Assert.All(plays.Advantages, advantage => Assert.Equal(0, advantage, 0.02f));
    }

    // With nothing but noise in them the baseline takes away the mean of each time, and the sums go to the end of an
    // episode, not beyond it.
    [Fact]
    public void An_advantage_is_the_return_to_the_end_of_the_episode_less_the_baseline()
    {
        Plays plays = Played((t, k) => t == 3 ? k * k * k - 4 * k : 0);
        Array.Clear(plays.Rows);
        new LinearBaseline(1).Judge(plays, discount: 0.5f, lambda: 1);
        // Returns of the last step are 0, −3, 0, 15, 48, with mean 12; three steps before it is an eighth.
        for (int k = 0; k < 5; k++)
        {
            float last = k * k * k - 4 * k;
            Assert.Equal(last - 12, plays.Advantages[15 + k], 0.05f);
            Assert.Equal((last - 12) / 8, plays.Advantages[k], 0.05f);
        }

        plays.Ends.AsSpan(10, 5).Fill(1);                                           // the third step ends an episode
        new LinearBaseline(1).Judge(plays, discount: 0.5f, lambda: 1);
        for (int k = 0; k < 5; k++)
            Assert.Equal(plays.Advantages[0], plays.Advantages[k], 1e-3f);          // what came later is another matter
    }

    [Fact]
    public void Padding_neither_counts_nor_gets_an_advantage()
    {
        Plays plays = Played((t, k) => 1);
        for (int t = 2; t < 4; t++)
            plays.Active[t * 5 + 4] = plays.Rewards[t * 5 + 4] = 0;
        (plays.Ends[5 + 4], plays.Ends[15 + 4]) = (1, 0);
        plays.Rows[2 * 5 + 4] = plays.Rows[3 * 5 + 4] = 1000;
        new LinearBaseline(1).Judge(plays, discount: 1, lambda: 1);
        Assert.Equal((0, 0), (plays.Advantages[14], plays.Advantages[19]));
        Assert.All(plays.Advantages, advantage => Assert.InRange(Math.Abs(advantage), 0, 3));
    }

    // Five plays of four steps; what is seen is the number of the play.
    static Plays Played(Func<int, int, float> reward)
    {
        var plays = new Plays(new TaskSpaces
        {
            Task = "pretend",
            Observation = ObservationSpace.Vector(1),
            Action = 2,
            TrialLength = 4,
        }, K: 5, width: 1)
        {
            T = 4,
        };
        for (int t = 0; t < 4; t++)
        {
            for (int k = 0; k < 5; k++)
                (plays.Rewards[t * 5 + k], plays.Rows[t * 5 + k], plays.Active[t * 5 + k]) = (reward(t, k), k, 1);
        }
        plays.Ends.AsSpan(15, 5).Fill(1);
        return plays;
    }
}
