using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>
/// The learning rate at which an agent of two dependent arms behaves as if it learned: how fast what a pull told fades
/// from its choices. A pull's evidence is x = 1 when it speaks for the first arm (it paid, or the second one did not)
/// and else 0. For each α of a grid
/// <code>
/// V ← V + α·(x − V),   V = ½ at first
/// </code>
/// predicts the next choice by a straight line through all pulls, and the α whose line leaves the least squared error
/// is the answer.
/// </summary>
public static class EffectiveLearningRate
{
    const int gridSteps = 100;

    /// <summary>The rate, a multiple of 0.01 above 0 and at most 1.</summary>
    /// <param name="played">Trials of <see cref="RestlessBandit"/> or <see cref="DependentBandits"/>.</param>
    /// <exception cref="ArgumentException">All choices were the same, so that nothing can be said.</exception>
    public static double Of(Transcript played)
    {
        ArgumentNullException.ThrowIfNull(played);
        if (!played.Actions.Contains(0) || !played.Actions.Contains(1))
        {
            throw new ArgumentException(
                "every pull was of the same arm, which says nothing of learning", nameof(played));
        }
        double best = 0, most = double.NegativeInfinity;
        double[] estimates = new double[played.N];
        for (int i = 1; i <= gridSteps; i++)
        {
            double alpha = (double)i / gridSteps, explained = Explained(played, alpha, estimates);
            if (explained > most)
                (best, most) = (alpha, explained);
        }
        return best;
    }

    // The squared correlation of V before a pull with the choice of the first arm, over all pulls but the first.
    static double Explained(Transcript played, double alpha, double[] estimates)
    {
        int N = played.N;
        Array.Fill(estimates, 0.5);
        double count = 0, v = 0, a = 0, vv = 0, aa = 0, va = 0;
        for (int i = 0; i < played.Actions.Length - N; i++)
        {
            ref double estimate = ref estimates[i % N];
            bool forFirst = (played.Actions[i] == 0) == (played.Rewards[i] > 0);
            estimate += alpha * ((forFirst ? 1 : 0) - estimate);
            double choice = played.Actions[i + N] == 0 ? 1 : 0;
            count++;
            (v, a) = (v + estimate, a + choice);
            (vv, aa, va) = (vv + estimate * estimate, aa + choice * choice, va + estimate * choice);
        }
        double covariance = Moment(va, v, a);
        return covariance * covariance / (Moment(vv, v, v) * Moment(aa, a, a));

        double Moment(double products, double x, double y) => products / count - x / count * (y / count);
    }
}
