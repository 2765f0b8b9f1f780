; BND-02: Corollary 3.5 on the population rung
; The claim needs the answer unsat to every (check-sat).
; the factor of one eigenvalue, by two solvers
; unsat: no point with factor < 0
(set-logic QF_NRA)
(declare-const e Real)
(declare-const u Real)
(declare-const v Real)
(declare-const w Real)
(assert (> e 0.0))
(assert (>= u 0.0))
(assert (>= v 0.0))
(assert (>= w 0.0))
(assert (< (* (+ w 1.0) u (+ e u v)) 0.0))
(check-sat)
(reset)
; unsat: no point with a divisor of factor that is 0 or has the wrong sign
(set-logic QF_NRA)
(declare-const e Real)
(declare-const u Real)
(declare-const v Real)
(declare-const w Real)
(assert (> e 0.0))
(assert (>= u 0.0))
(assert (>= v 0.0))
(assert (>= w 0.0))
(assert (or (<= (+ w 1.0) 0.0) (<= e 0.0) (<= (+ (* 2.0 e) u v) 0.0) (<= (+ (* e w) (* u w) (* 3.0 e) (* 3.0 u) v) 0.0) (<= (+ (* e w) (* 3.0 e) u v) 0.0)))
(check-sat)
